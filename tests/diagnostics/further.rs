//! More mistakes in functions: warnings, patterns, closures, futures and macros; `@` as in `mistakes`.
//!
//! Not here is a method that its trait has not: the compiler points at the attribute beside `#[audited]`,
//! since the whole function is of its making.

/// The name of each program, and its text.
pub(crate) const FURTHER: &[(&str, &str)] = &[
    ("unused_import", "@\nfn f() -> u8 {\n    use std::fmt;\n    1\n}\n"),
    (
        "unused_assignment",
        "@\nfn f() -> u8 {\n    let mut n = 1;\n    n = 2;\n    n = 3;\n    n\n}\n",
    ),
    ("unused_mut_parameter", "@\nfn f(mut n: u8) -> u8 {\n    n + 1\n}\n"),
    (
        "unused_in_pattern",
        "@\nfn f(pair: (u8, u8)) -> u8 {\n    let (a, b) = pair;\n    match pair {\n        (c, 1) => a,\n        \
         (_, d) => d,\n    }\n}\n",
    ),
    (
        "unused_in_closure",
        "@\nfn f(all: &[u8]) -> usize {\n    all.iter().filter(|n| true).count()\n}\n",
    ),
    ("unused_in_loop", "@\nfn f(all: &[u8]) {\n    for n in all {\n        drop(1);\n    }\n}\n"),
    (
        "unused_value",
        "@\nfn f(n: u8) -> u8 {\n    n == 1;\n    n + 1;\n    std::convert::identity(n);\n    n\n}\n",
    ),
    ("unused_label", "@\nfn f() {\n    'outer: loop {\n        break;\n    }\n}\n"),
    (
        "unused_parens",
        "@\nfn f(n: u8) -> u8 {\n    if (n > 1) {\n        return (n);\n    }\n    0\n}\n",
    ),
    ("unused_unsafe", "@\nfn f(n: u8) -> u8 {\n    unsafe { n + 1 }\n}\n"),
    (
        "unreachable_after_loop",
        "@\nfn f() -> u8 {\n    loop {\n        drop(1);\n    }\n    1\n}\n",
    ),
    (
        "unreachable_arm",
        "@\nfn f(n: Option<u8>) -> u8 {\n    match n {\n        Some(n) => n,\n        None => 0,\n        _ => 1,\n    }\n}\n",
    ),
    (
        "irrefutable",
        "@\nfn f(n: u8) -> u8 {\n    if let m = n {\n        return m;\n    }\n    0\n}\n",
    ),
    ("deprecated", "#[deprecated]\nfn old() -> u8 {\n    1\n}\n@\nfn f() -> u8 {\n    old()\n}\n"),
    ("overflow", "@\nfn f() -> u8 {\n    let n: u8 = 256;\n    n\n}\n"),
    ("comparison", "@\nfn f(n: u8) -> bool {\n    n >= 0\n}\n"),
    ("upper_case", "@\nfn f() -> u8 {\n    let Name = 1;\n    Name\n}\n"),
    ("missing_lifetime", "@\nfn f(a: &str, b: &str) -> &str {\n    a\n}\n"),
    ("unknown_macro", "@\nfn f() -> u8 {\n    missing!(1)\n}\n"),
    ("unknown_type", "@\nfn f(n: Missing) -> u8 {\n    1\n}\n"),
    ("unknown_return_type", "@\nfn f() -> Missing {\n    1\n}\n"),
    ("unknown_module", "@\nfn f() -> u8 {\n    missing::call()\n}\n"),
    (
        "private_function",
        "mod m {\n    fn hidden() -> u8 {\n        1\n    }\n}\n@\nfn f() -> u8 {\n    m::hidden()\n}\n",
    ),
    ("annotations", "@\nfn f() -> usize {\n    let all = Vec::new();\n    all.len()\n}\n"),
    ("no_else", "@\nfn f(n: u8) -> u8 {\n    if n > 1 {\n        n\n    }\n}\n"),
    ("break_outside", "@\nfn f(n: u8) -> u8 {\n    break;\n    n\n}\n"),
    ("refutable_let", "@\nfn f(n: Option<u8>) -> u8 {\n    let Some(n) = n;\n    n\n}\n"),
    ("cast", "@\nfn f(text: &str) -> u8 {\n    text as u8\n}\n"),
    ("operator", "struct S;\n@\nfn f() -> bool {\n    S == S\n}\n"),
    ("called", "@\nfn f(n: u8) -> u8 {\n    n()\n}\n"),
    ("indexed", "@\nfn f(n: u8) -> u8 {\n    n[0]\n}\n"),
    ("dereferenced", "@\nfn f(n: u8) -> u8 {\n    *n\n}\n"),
    (
        "literal",
        "struct S {\n    n: u8,\n    m: u8,\n}\n@\nfn f() -> S {\n    let _ = S { n: 1 };\n    S { n: 1, m: 2, k: 3 }\n}\n",
    ),
    (
        "moved_out_of_borrow",
        "struct S(String);\nimpl S {\n    @\n    fn f(&self) -> String {\n        self.0\n    }\n}\n",
    ),
    (
        "moved_into_closure",
        "@\nfn f(text: String) -> usize {\n    let take = move || text.len();\n    take() + text.len()\n}\n",
    ),
    (
        "closure_borrows_twice",
        "@\nfn f(mut n: u8) -> u8 {\n    let mut add = || n += 1;\n    n += 1;\n    add();\n    n\n}\n",
    ),
    (
        "closure_arguments",
        "@\nfn f(all: &[u8]) -> usize {\n    all.iter().filter(|a, b| **a > 1).count()\n}\n",
    ),
    (
        "dangling",
        "@\nfn f() -> u8 {\n    let r;\n    {\n        let n = 1_u8;\n        r = &n;\n    }\n    *r\n}\n",
    ),
    (
        "not_send",
        "fn spawn(_: impl Future + Send) {}\n@\nasync fn f() {\n    spawn(async {\n        let n = std::rc::Rc::new(1);\n        \
         std::future::ready(()).await;\n        drop(n);\n    });\n}\n",
    ),
    ("future_not_awaited", "async fn g() {}\n@\nasync fn f() -> u8 {\n    g();\n    1\n}\n"),
    ("question_in_unit", "@\nfn f(text: &str) {\n    let _: u8 = text.parse()?;\n}\n"),
    (
        "question_wrong_error",
        "@\nasync fn f(text: &str) -> Result<u8, String> {\n    let n: u8 = text.parse()?;\n    Ok(n)\n}\n",
    ),
    ("generic_bound", "@\nfn f<T>(value: T) -> String {\n    value.to_string()\n}\n"),
    ("generic_mismatch", "@\nfn f<T>(one: T, other: u8) -> T {\n    other\n}\n"),
    (
        "trait_method",
        "trait T {\n    fn f(&self) -> u8;\n}\nstruct S;\nimpl T for S {\n    @\n    fn f(&self) -> u16 {\n        1\n    }\n}\n",
    ),
    ("defined_twice", "@\nfn f() -> u8 {\n    1\n}\nfn f() -> u8 {\n    2\n}\n"),
    ("format_count", "@\nfn f(n: u8) {\n    println!(\"{} {}\", n);\n}\n"),
    ("format_unknown", "@\nfn f(n: u8) {\n    println!(\"{n} {m}\");\n}\n"),
    ("format_unused", "@\nfn f(n: u8) {\n    println!(\"{n}\", n);\n}\n"),
    ("format_broken", "@\nfn f(n: u8) {\n    println!(\"{n\");\n}\n"),
    ("format_no_literal", "@\nfn f(text: &str) {\n    println!(text);\n}\n"),
    ("log_unknown", "@\nfn f(n: u8) {\n    tracing::info!(n, m, \"read\");\n}\n"),
    ("log_count", "@\nfn f(n: u8) {\n    tracing::info!(n, \"read {} {}\", n);\n}\n"),
    ("log_no_value", "struct S;\n@\nfn f(s: S) {\n    tracing::info!(s, \"read\");\n}\n"),
    ("syntax", "@\nfn f(n: u8) -> u8 {\n    let m = ;\n    n\n}\n"),
    ("missing_semicolon", "@\nfn f(n: u8) -> u8 {\n    let m = n\n    m\n}\n"),
];
