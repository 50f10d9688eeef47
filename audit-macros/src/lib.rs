//! The two macros of audited, each parsed, modelled, checked and expanded in files of their own.
