//! The grammar that the macros and the lint share: which names look sensitive.
