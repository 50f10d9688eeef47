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

#[test]
fn deny_leaks() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/deny_leaks/pass/*.rs");
    cases.compile_fail("ui/deny_leaks/fail/*.rs");
}

#[test]
fn leaks() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("ui/leaks/*/*.rs");
}

#[test]
fn sensitive() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/sensitive/pass/*.rs");
    cases.compile_fail("ui/sensitive/fail/*.rs");
}

#[test]
fn wrap() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/wrap/pass/*.rs");
    cases.compile_fail("ui/wrap/fail/*.rs");
}

#[test]
fn disclosure() {
    trybuild::TestCases::new().compile_fail("ui/disclosure/fail/*.rs");
}

#[test]
fn strict() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/strict/pass/*.rs");
    cases.compile_fail("ui/strict/fail/*.rs");
}

#[test]
fn mistakes() {
    trybuild::TestCases::new().compile_fail("ui/mistakes/*.rs");
}

#[test]
fn testing() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/testing/pass/*.rs");
    cases.compile_fail("ui/testing/fail/*.rs");
}

#[test]
fn coverage() {
    let cases = trybuild::TestCases::new();
    cases.pass("ui/coverage/pass/*.rs");
    cases.compile_fail("ui/coverage/fail/*.rs");
}

#[test]
fn actors() {
    trybuild::TestCases::new().compile_fail("ui/actors/fail/*.rs");
}
