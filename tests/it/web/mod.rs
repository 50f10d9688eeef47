//! A real HTTP server with the middleware, and real clients that are not always polite.

mod actions;
mod canary;
mod client;
mod gone;
mod ids;
mod outcomes;
mod server;
mod steps;
