//! Each name that the probe knows is needed: without it a value would be missed, or found wrongly.

use proc_macro2::TokenStream;
use quote::quote;

use super::{attribute, instrument, macros, pass, pattern, repeat};

/// What is asked about a statement.
#[derive(Debug, PartialEq)]
enum Asked {
    Nothing,
    /// Whether the value is sensitive.
    Value,
    /// The same, and whether the type of what is shown may show it.
    Type,
}

fn expanded(item: &str) -> String {
    let item: TokenStream = item.parse().expect("the item is a list of tokens");
    attribute(quote!(), item).to_string()
}

fn asked(statements: &str) -> Asked {
    let expansion = expanded(&format!("fn tried(login: &Login) {{ {statements} }}"));
    match () {
        () if expansion.contains(":: ClearText") => Asked::Value,
        () if expansion.contains(". write_to_log (& (") => Asked::Type,
        () => Asked::Nothing,
    }
}

/// Tries the statement with each of the names, which are all that the table has.
#[track_caller]
fn each(table: &[&str], names: &[&str], statements: &str, expected: Asked) {
    assert_eq!(table, names, "each name has to be tried");
    for name in names {
        let statements = statements.replace("NAME", name);
        assert_eq!(asked(&statements), expected, "{statements}");
    }
}

#[test]
fn methods_that_only_speak() {
    let names = [
        "all",
        "any",
        "capacity",
        "cmp",
        "contains",
        "contains_key",
        "count",
        "ends_with",
        "eq",
        "eq_ignore_ascii_case",
        "ge",
        "gt",
        "le",
        "len",
        "lt",
        "ne",
        "partial_cmp",
        "position",
        "redacted",
        "rposition",
        "starts_with",
    ];
    let statement = r#"println!("{}", login.secret.NAME() as u64);"#;
    each(pass::SPEAKING, &names, statement, Asked::Nothing);
    assert_eq!(asked(r#"println!("{}", login.secret.is_long() as u64);"#), Asked::Nothing);
    assert_eq!(asked(r#"println!("{}", login.secret.other());"#), Asked::Type);
    assert_eq!(asked(r#"println!("{}", login.secret.other() as u64);"#), Asked::Value);
}

#[test]
fn methods_that_give_the_value_itself() {
    let names = [
        "as_bytes",
        "as_deref",
        "as_ref",
        "as_str",
        "borrow",
        "clone",
        "cloned",
        "copied",
        "deref",
        "expect",
        "expose",
        "into",
        "into_inner",
        "iter",
        "lock",
        "to_owned",
        "to_string",
        "trim",
        "unwrap",
        "unwrap_or",
        "unwrap_or_default",
    ];
    each(pass::KEEPING, &names, r#"println!("{}", login.secret.NAME());"#, Asked::Value);
}

#[test]
fn methods_with_closures() {
    let maps = [
        "and_then",
        "filter_map",
        "find_map",
        "flat_map",
        "fold",
        "map",
        "map_or",
        "map_or_else",
        "map_while",
        "scan",
        "try_fold",
    ];
    each(pass::MAPS, &maps, r#"println!("{}", login.secret.NAME(|part| 1));"#, Asked::Nothing);
    each(pass::MAPS, &maps, r#"println!("{}", login.secret.NAME(|a, b| b));"#, Asked::Value);
    each(pass::MAPS, &maps, r#"println!("{}", login.secret.NAME(str::trim));"#, Asked::Value);
    let folds = ["fold", "scan", "try_fold"];
    let statement = r#"println!("{}", login.secret.NAME(0, |sum, part| sum));"#;
    each(pass::FOLDS, &folds, statement, Asked::Nothing);
    let deciding = ["filter", "find", "inspect", "partition", "rfind", "skip_while", "take_while"];
    let statement = r#"println!("{}", logins().NAME(|part| login.secret));"#;
    each(pass::DECIDING, &deciding, statement, Asked::Nothing);
    for name in ["max_by_key", "min_by"] {
        assert_eq!(asked(&statement.replace("NAME", name)), Asked::Nothing, "{name}");
    }
    assert_eq!(asked(&statement.replace("NAME", "with")), Asked::Value);
}

#[test]
fn methods_that_give_back_an_argument() {
    let names = [
        "and",
        "chain",
        "fold",
        "get_or_insert",
        "insert",
        "map_or",
        "max",
        "min",
        "ok_or",
        "or",
        "or_insert",
        "replace",
        "replacen",
        "then_some",
        "unwrap_or",
        "xor",
        "zip",
    ];
    each(pass::ALTERNATIVES, &names, r#"println!("{}", other().NAME(login.secret));"#, Asked::Type);
}

#[test]
fn methods_that_put_a_value_somewhere() {
    let lists = [
        "append",
        "extend",
        "extend_from_slice",
        "get_or_insert",
        "insert",
        "or_insert",
        "push",
        "push_back",
        "push_front",
        "replace",
    ];
    let statements = r#"let mut it = made(); it.NAME(login.secret); println!("{}", it);"#;
    each(pass::FILLS, &lists, statements, Asked::Value);
    let texts = ["insert_str", "push_str", "write_char", "write_str"];
    let statements = r#"let mut it = made(); it.NAME(login.secret); println!("{}", it.upper());"#;
    each(pass::TEXT_FILLS, &texts, statements, Asked::Type);
    let parts = [
        "concat",
        "drain",
        "first",
        "get",
        "into_iter",
        "into_values",
        "join",
        "last",
        "next",
        "pop",
        "remove",
        "values",
    ];
    let statements = r#"let mut it = made(); it.push(login.secret); println!("{}", it.NAME());"#;
    each(pass::PARTS, &parts, statements, Asked::Type);
    let leading = [
        "as_mut",
        "borrow_mut",
        "deref_mut",
        "entry",
        "expect",
        "get_mut",
        "lock",
        "or_default",
        "unwrap",
        "write",
    ];
    let statements = r#"let mut it = made(); *it.NAME() = login.secret; println!("{}", it);"#;
    each(pass::LEADING, &leading, statements, Asked::Value);
}

#[test]
fn functions() {
    let names = [
        "Err",
        "Ok",
        "Reverse",
        "Some",
        "Wrapping",
        "black_box",
        "from_utf8",
        "from_utf8_unchecked",
        "identity",
        "once",
        "public",
        "take",
    ];
    each(pass::FUNCTIONS, &names, r#"println!("{}", NAME(login.secret));"#, Asked::Value);
}

#[test]
fn owners_of_functions() {
    let owners = [
        "Arc",
        "AsRef",
        "BTreeMap",
        "BTreeSet",
        "BinaryHeap",
        "Borrow",
        "Box",
        "CStr",
        "CString",
        "Cell",
        "Clone",
        "Cow",
        "Deref",
        "From",
        "FromIterator",
        "HashMap",
        "HashSet",
        "Into",
        "IntoIterator",
        "Iterator",
        "LinkedList",
        "Mutex",
        "Option",
        "OsStr",
        "OsString",
        "Path",
        "PathBuf",
        "Rc",
        "RefCell",
        "Result",
        "RwLock",
        "Sensitive",
        "String",
        "ToOwned",
        "ToString",
        "TryFrom",
        "TryInto",
        "Vec",
        "VecDeque",
        "char",
        "f32",
        "f64",
        "field",
        "i128",
        "i16",
        "i32",
        "i64",
        "i8",
        "isize",
        "str",
        "u128",
        "u16",
        "u32",
        "u64",
        "u8",
        "usize",
    ];
    each(pass::OWNERS, &owners, r#"println!("{}", NAME::made(login.secret));"#, Asked::Type);
    each(pass::OWNERS, &owners, r#"println!("{}", NAME::len(login.secret));"#, Asked::Nothing);
    let of_constants = r#"println!("{}", login.secret.map_or(u64::MAX, |part| 1));"#;
    assert_eq!(asked(of_constants), Asked::Nothing);
    assert_eq!(asked(r#"println!("{}", Own::made(login.secret));"#), Asked::Nothing);
    assert_eq!(asked(r#"println!("{}", Own::clone(login.secret));"#), Asked::Value);
}

#[test]
fn what_may_stand_twice_and_what_may_not() {
    let names = [
        "assert",
        "concat",
        "debug_assert",
        "env",
        "format",
        "matches",
        "panic",
        "todo",
        "unimplemented",
        "unreachable",
        "vec",
    ];
    each(repeat::MACROS, &names, r#"println!("{}", find(NAME!(x)).secret);"#, Asked::Value);
    let within = |inner: &str| asked(&format!(r#"println!("{{}}", find({inner}).secret);"#));
    assert_eq!(within("own!(x)"), Asked::Nothing);
    assert_eq!(within(r#"vec![allow_leak!(x, "y")]"#), Asked::Nothing);
    assert_eq!(within("|| { fn inner() {} }"), Asked::Nothing);
    assert_eq!(within("|| loop {}"), Asked::Nothing);
}

#[test]
fn types_that_their_use_tells() {
    let names = [
        "collect",
        "default",
        "deserialize",
        "extract",
        "from_reader",
        "from_slice",
        "from_str",
        "from_value",
        "into",
        "parse",
        "product",
        "sum",
        "try_into",
    ];
    each(repeat::GENERIC, &names, "dbg!(login.secret.NAME());", Asked::Value);
    assert_eq!(asked("dbg!(login.secret.other());"), Asked::Type);
    let names = ["assert_eq", "assert_ne", "dbg", "debug_assert_eq", "debug_assert_ne", "ensure"];
    assert_eq!(macros::TYING, names, "each name has to be tried");
    for name in names {
        let sign = if name == "ensure" { "==" } else { "," };
        let statement = format!("{name}!(login.secret.parse() {sign} x);");
        assert_eq!(asked(&statement), Asked::Value, "{statement}");
    }
}

#[test]
fn variants_that_hide_nothing() {
    let names = [
        "Borrowed", "Break", "Continue", "Err", "Ok", "Owned", "Ready", "Reverse", "Some",
        "Wrapping",
    ];
    let statements = r#"let NAME(it) = made(); println!("{it}");"#;
    each(pattern::TRANSPARENT, &names, statements, Asked::Nothing);
    assert_eq!(asked(&statements.replace("NAME", "Own")), Asked::Value);
}

#[test]
fn texts_that_instrument_records() {
    let names = [
        "Bytes", "CStr", "CString", "Cow", "OsStr", "OsString", "Path", "PathBuf", "String", "str",
        "u8",
    ];
    assert_eq!(instrument::TEXTS, names, "each name has to be tried");
    for name in names {
        let expansion = expanded(&format!("#[instrument] fn tried(password: &{name}) {{}}"));
        assert!(expansion.contains("compile_error"), "{name}");
    }
    let expansion = expanded("#[instrument] fn tried(password: &Own) {}");
    assert!(!expansion.contains("compile_error"));
}

#[test]
fn macros_that_show() {
    let forms: &[(&str, &str)] = &[
        (
            r#"NAME!("{}", login.secret);"#,
            "format format_args print println eprint eprintln panic todo unimplemented unreachable \
             formatdoc printdoc eprintdoc trace debug info warn error crit log slog_trace slog_debug \
             slog_info slog_warn slog_error slog_crit anyhow eyre bail format_err miette",
        ),
        (
            r#"NAME!(x, "{}", login.secret);"#,
            "write writeln writedoc assert debug_assert event trace_span debug_span info_span \
             warn_span error_span record_all ensure",
        ),
        (r#"NAME!(x, y, secret = login.secret);"#, "span"),
        ("NAME!(x, login.secret);", "assert_eq assert_ne debug_assert_eq debug_assert_ne dbg"),
        ("NAME!(login.secret, x);", "assert_matches debug_assert_matches"),
        (r#"NAME!("secret" => login.secret);"#, "o b kv slog_o slog_b slog_kv"),
    ];
    for (statement, names) in forms {
        for name in names.split_whitespace() {
            assert_eq!(asked(&statement.replace("NAME", name)), Asked::Value, "{name}");
        }
    }
    assert_eq!(asked("select! { x = y => dbg!(login.secret) }"), Asked::Value);
    assert_eq!(asked("matches!(x, y if { dbg!(login.secret); true });"), Asked::Value);
    assert_eq!(asked("dbg!(vec![login.secret; 2]);"), Asked::Value);
    assert_eq!(asked("own! { x = y => dbg!(login.secret) }"), Asked::Nothing);
}
