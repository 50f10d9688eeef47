//! What the macros accept and run as promised, and what they refuse, message by message.
//!
//! The messages belong to the pinned toolchain; `TRYBUILD=overwrite` writes them anew.

#[test]
fn redact() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/redact/pass/*.rs");
    cases.compile_fail("ui/redact/fail/*.rs");
}

#[test]
fn audited() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/audited/pass/*.rs");
    cases.compile_fail("ui/audited/fail/*.rs");
}
