//! Mistakes in bodies that show values, which the attributes ask the type checker about.
//!
//! In each text `L` is a type with a sensitive field `p`, a public `n`, and `@` as in `mistakes`.

/// Stands before each of the texts.
pub(crate) const TYPES: &str = "use audit_runtime::Redact;\n#[derive(Clone, Redact)]\nstruct L {\n    n: u8,\n    \
     #[sensitive]\n    p: String,\n    inner: Option<Box<L>>,\n}\nimpl L {\n    fn take(self) -> u8 {\n        self.n\n    \
     }\n}\nasync fn login() -> L {\n    L { n: 1, p: String::new(), inner: None }\n}\n";

/// The name of each program, and its text.
pub(crate) const PROBED: &[(&str, &str)] = &[
    ("shown_mismatched", "@\nfn f(l: &L) -> usize {\n    println!(\"{}\", l.n);\n    l.n\n}\n"),
    ("shown_unknown_field", "@\nfn f(l: &L) {\n    println!(\"{}\", l.missing);\n}\n"),
    ("shown_unknown_method", "@\nfn f(l: &L) {\n    println!(\"{}\", l.missing().n);\n}\n"),
    ("shown_unknown_variable", "@\nfn f(l: &L) {\n    println!(\"{} {}\", l.n, m.n);\n}\n"),
    ("shown_without_display", "@\nfn f(l: &L) {\n    println!(\"{}\", l.inner);\n}\n"),
    (
        "shown_after_move",
        "@\nfn f(l: L) {\n    let n = l.take();\n    println!(\"{n} {}\", l.n);\n}\n",
    ),
    (
        "shown_moved_later",
        "@\nfn f(l: L) -> u8 {\n    println!(\"{}\", l.n);\n    drop(l);\n    l.take()\n}\n",
    ),
    (
        "shown_while_borrowed",
        "@\nfn f(mut l: L) {\n    let p = &mut l;\n    println!(\"{}\", l.n);\n    p.n = 1;\n}\n",
    ),
    ("shown_uninitialised", "@\nfn f() {\n    let l: L;\n    println!(\"{}\", l.n);\n}\n"),
    (
        "shown_type_unknown",
        "@\nfn f() {\n    let n = \"1\".parse();\n    println!(\"{n:?}\");\n}\n",
    ),
    (
        "shown_pattern_mismatched",
        "@\nfn f(l: &L) {\n    if let Some(L { n, .. }) = l {\n        println!(\"{n}\");\n    }\n}\n",
    ),
    (
        "shown_pattern_missing",
        "@\nfn f(l: &L) {\n    let L { n, p: _ } = l;\n    println!(\"{n}\");\n}\n",
    ),
    ("shown_unused", "@\nfn f(l: &L) {\n    let L { n, p, .. } = l;\n    println!(\"{n}\");\n}\n"),
    (
        "shown_unused_mut",
        "@\nfn f(l: &L) {\n    let mut copy = l.clone();\n    println!(\"{}\", copy.n);\n}\n",
    ),
    ("shown_argument_missing", "@\nfn f(l: &L) {\n    println!(\"{} {}\", l.n);\n}\n"),
    (
        "shown_closure_moves",
        "@\nfn f(l: L) -> u8 {\n    let shown = move || println!(\"{}\", l.n);\n    shown();\n    \
         let p = l.p;\n    shown();\n    p.len()\n}\n",
    ),
    (
        "shown_not_awaited",
        "@\nasync fn f() -> u8 {\n    let l = login();\n    println!(\"{}\", l.n);\n    1\n}\n",
    ),
    (
        "shown_assigned_twice",
        "@\nfn f(l: &L) {\n    let n = l.n;\n    println!(\"{n}\");\n    n = 2;\n    println!(\"{n}\");\n}\n",
    ),
    (
        "shown_in_loop_moved",
        "@\nfn f(l: Vec<L>) {\n    for one in l {\n        println!(\"{}\", one.n);\n    }\n    drop(l);\n}\n",
    ),
];
