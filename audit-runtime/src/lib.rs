//! Compile-time audit logging: annotated calls become redacted events in a tamper-evident journal.
