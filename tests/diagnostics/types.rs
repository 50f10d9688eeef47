//! Mistakes in types: `@` stands where attributes go, and `%` where a field has its mark.
//!
//! Not here are mistakes that the compiler tells again wherever a derive repeats the type or the variant
//! (`Vec` without its parameter, two variants of a name), and fields without a mark that nothing but the
//! log form reads.

/// The name of each program, and its text.
pub(crate) const OF_TYPES: &[(&str, &str)] = &[
    ("field_type", "@\nstruct S {\n    %\n    n: u8,\n    m: Missing,\n}\n"),
    ("marked_field_type", "@\nstruct S {\n    %\n    n: Missing,\n    m: u8,\n}\n"),
    ("field_lifetime", "@\nstruct S {\n    %\n    text: &str,\n    n: u8,\n}\n"),
    ("unknown_lifetime", "@\nstruct S {\n    %\n    text: &'a str,\n    n: u8,\n}\n"),
    ("unused_type_parameter", "@\nstruct S<T> {\n    %\n    n: u8,\n}\n"),
    ("unused_lifetime", "@\nenum E<'a> {\n    A(% u8),\n    B,\n}\n"),
    ("recursive", "@\nstruct S {\n    %\n    n: u8,\n    next: Option<S>,\n}\n"),
    ("field_twice", "@\nstruct S {\n    %\n    n: u8,\n    n: u8,\n}\n"),
    ("type_twice", "@\nstruct S {\n    %\n    n: u8,\n}\nstruct S;\n"),
    ("too_many_arguments", "@\nstruct S {\n    %\n    n: u8,\n    m: Option<u8, u8>,\n}\n"),
    ("unknown_bound", "@\nstruct S<T: Missing> {\n    %\n    n: T,\n}\n"),
    ("unsized_field", "@\nstruct S {\n    %\n    n: [u8],\n    m: u8,\n}\n"),
    ("array_length", "@\nstruct S {\n    %\n    n: [u8; -1],\n    m: u8,\n}\n"),
    (
        "derive_elsewhere",
        "struct Part;\n@\n#[derive(Clone)]\nstruct S {\n    %\n    n: u8,\n    parts: std::marker::PhantomData<Part>,\n    \
         part: fn(Part) -> Missing,\n}\n",
    ),
    (
        "derive_clone",
        "@\n#[derive(Clone)]\nstruct S {\n    %\n    n: u8,\n    m: &'static mut u8,\n}\n",
    ),
    ("derive_unknown", "@\n#[derive(Missing)]\nstruct S {\n    %\n    n: u8,\n}\n"),
    ("attribute_unknown", "@\n#[missing]\nstruct S {\n    %\n    n: u8,\n}\n"),
    (
        "field_never_read",
        "@\n#[warn(dead_code)]\nstruct S {\n    %\n    n: u8,\n    m: u8,\n}\nimpl S {\n    fn m(&self) -> u8 {\n        self.m\n    }\n}\n",
    ),
    ("type_name", "@\nstruct some_type {\n    %\n    n: u8,\n}\n"),
    ("field_name", "@\nstruct S {\n    %\n    n: u8,\n    SomeField: u8,\n}\n"),
    (
        "deprecated_type",
        "#[deprecated]\ntype Old = u8;\n@\nstruct S {\n    %\n    n: u8,\n    old: Old,\n}\n",
    ),
    (
        "literal_of_type",
        "@\nstruct S {\n    %\n    n: u8,\n    m: u8,\n}\nfn f(s: S) -> u8 {\n    let S { m, .. } = s;\n    let _ = S { m, k: 1, ..s };\n    s.k\n}\n",
    ),
    (
        "missing_variant",
        "@\nenum E {\n    A(% u8),\n    B { m: u8 },\n}\nfn f(e: E) -> u8 {\n    match e {\n        E::B { m } => m,\n    }\n}\n",
    ),
    ("no_such_variant", "@\nenum E {\n    A(% u8),\n    B,\n}\nfn f() -> E {\n    E::C\n}\n"),
    ("no_clone", "@\nstruct S {\n    %\n    n: u8,\n}\nfn f(s: &S) -> S {\n    s.clone()\n}\n"),
    ("syntax_of_type", "@\nstruct S {\n    %\n    n u8,\n}\n"),
];
