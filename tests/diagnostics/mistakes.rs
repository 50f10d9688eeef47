//! Ordinary mistakes, each in a function of a program of its own; `@` stands where attributes go.

/// The name of each program, and its text.
pub(crate) const MISTAKES: &[(&str, &str)] = &[
    (
        "mismatched_types",
        "@\nfn f(text: &str) -> usize {\n    let n: usize = text;\n    n + 1\n}\n",
    ),
    (
        "two_borrows",
        "@\nfn f(mut v: Vec<u8>) {\n    let a = &mut v;\n    let b = &mut v;\n    a.push(1);\n    b.push(2);\n}\n",
    ),
    ("unknown_method", "@\nfn f(n: u8) -> u8 {\n    n.doubled()\n}\n"),
    ("missing_import", "@\nfn f() -> usize {\n    HashMap::<u8, u8>::new().len()\n}\n"),
    ("unknown_name", "@\nfn f(count: u8) -> u8 {\n    coumt + 1\n}\n"),
    ("unused_variable", "@\nfn f(n: u8) -> u8 {\n    let twice = n + n;\n    n\n}\n"),
    ("unused_parameter", "@\nfn f(n: u8, unused: u8) -> u8 {\n    n\n}\n"),
    ("unused_mut", "@\nfn f() -> u8 {\n    let mut n = 1;\n    n\n}\n"),
    ("unused_result", "@\nfn f(text: &str) {\n    text.parse::<u8>();\n}\n"),
    ("dead_code", "@\nfn f() -> u8 {\n    return 1;\n    let n = 2;\n    n\n}\n"),
    ("moved_value", "@\nfn f(text: String) -> usize {\n    drop(text);\n    text.len()\n}\n"),
    (
        "moved_value_async",
        "@\nasync fn f(text: String) -> usize {\n    drop(text);\n    text.len()\n}\n",
    ),
    (
        "missing_await",
        "async fn g() -> u8 {\n    1\n}\n@\nasync fn f() -> u8 {\n    let n: u8 = g();\n    n\n}\n",
    ),
    ("await_in_sync", "async fn g() -> u8 {\n    1\n}\n@\nfn f() -> u8 {\n    g().await\n}\n"),
    ("wrong_return", "@\nfn f(n: u8) -> String {\n    n + 1\n}\n"),
    ("wrong_return_async", "@\nasync fn f(n: u8) -> String {\n    n + 1\n}\n"),
    (
        "wrong_early_return",
        "@\nfn f(n: u8) -> String {\n    if n > 1 {\n        return n;\n    }\n    String::new()\n}\n",
    ),
    ("nothing_returned", "@\nfn f(n: u8) -> u8 {\n    n + 1;\n}\n"),
    (
        "private_field",
        "mod m {\n    #[derive(Default)]\n    pub struct S {\n        n: u8,\n    }\n}\n@\nfn f(s: &m::S) -> u8 {\n    s.n\n}\n",
    ),
    (
        "borrow_of_local",
        "@\nfn f() -> &'static str {\n    let text = String::new();\n    &text\n}\n",
    ),
    (
        "short_lifetime",
        "@\nfn f<'a>(a: &'a str, b: &str) -> &'a str {\n    if a.is_empty() { b } else { a }\n}\n",
    ),
    (
        "trait_bound",
        "fn shown<T: std::fmt::Display>(_: T) {}\nstruct S;\n@\nfn f() {\n    shown(S);\n}\n",
    ),
    (
        "missing_arm",
        "@\nfn f(n: Option<u8>) -> u8 {\n    match n {\n        Some(n) => n,\n    }\n}\n",
    ),
    ("question_mark", "@\nfn f(text: &str) -> Option<u8> {\n    Some(text.parse::<u8>()?)\n}\n"),
    ("arguments", "fn g(_: u8) {}\n@\nfn f(n: u8) {\n    g(n, 1);\n}\n"),
    ("immutable", "@\nfn f(n: u8) -> u8 {\n    n += 1;\n    n\n}\n"),
    (
        "self_borrow",
        "struct S(Vec<u8>);\nimpl S {\n    @\n    fn f(&self) {\n        self.0.push(1);\n    }\n}\n",
    ),
];
