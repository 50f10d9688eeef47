//! Policies of routes, over real sockets: requests that are activities, and those that a waiver leaves unrecorded.

mod activity;
mod waived;
