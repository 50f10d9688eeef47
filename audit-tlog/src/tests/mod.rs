//! The forms against other implementations of them, and against what must not be believed.

mod notes;
mod tree;
mod witness;
