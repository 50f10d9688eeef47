//! What hands a value on, and what only speaks about it.

use syn::{BinOp, Expr, Macro, Path, Stmt};

/// The methods whose result only speaks about what they are called on, like each `is_…`. All others
/// may show it, if the type of their result can.
pub(super) const SPEAKING: &[&str] = &[
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

/// The methods that give the value itself, or its text: what they give is shown, whatever its type.
pub(super) const KEEPING: &[&str] = &[
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

/// The methods whose result shows what their closure returns, and nothing else of the value.
pub(super) const MAPS: &[&str] = &[
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

/// The maps that give their closure first what they were given, or what it returned before.
pub(super) const FOLDS: &[&str] = &["fold", "scan", "try_fold"];

/// The methods that only decide by what their closure returns, like each `…_by` and `…_by_key`.
pub(super) const DECIDING: &[&str] =
    &["filter", "find", "inspect", "partition", "rfind", "skip_while", "take_while"];

/// The methods whose result may be one of their arguments.
pub(super) const ALTERNATIVES: &[&str] = &[
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

/// The methods that put their arguments into the list that they are called on.
pub(super) const FILLS: &[&str] = &[
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

/// The methods that put them into a text.
pub(super) const TEXT_FILLS: &[&str] = &["insert_str", "push_str", "write_char", "write_str"];

/// The methods that give what was put into a list, beside those that keep all of it.
pub(super) const PARTS: &[&str] = &[
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

/// The methods that lead to what is in a variable, so that it may be written there.
pub(super) const LEADING: &[&str] = &[
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

/// The functions that give back what they are given, by their last word.
pub(super) const FUNCTIONS: &[&str] = &[
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

/// The types, traits and modules of which a function hands on what it is given, unless its name says
/// that it only speaks about it.
pub(super) const OWNERS: &[&str] = &[
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

/// How what a method is called on, and given, reaches its result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Passing {
    /// Not at all.
    Nothing,
    /// The value itself does.
    Kept,
    /// Something made of it, which its type may still show to be harmless.
    Derived,
    /// Only what its closure returns.
    Mapped,
}

pub(super) fn method(name: &str) -> Passing {
    match name {
        _ if name.starts_with("is_") || SPEAKING.contains(&name) => Passing::Nothing,
        _ if KEEPING.contains(&name) => Passing::Kept,
        _ if MAPS.contains(&name) => Passing::Mapped,
        _ => Passing::Derived,
    }
}

/// True if the closure returns no part of the result.
pub(super) fn decides(name: &str) -> bool {
    name.ends_with("_by") || name.ends_with("_key") || DECIDING.contains(&name)
}

pub(super) fn folds(name: &str) -> bool {
    FOLDS.contains(&name)
}

/// True for a method that writes into a text, false for one that puts something into a list.
pub(super) fn fills(name: &str) -> Option<bool> {
    let is_text = TEXT_FILLS.contains(&name);
    (is_text || FILLS.contains(&name)).then_some(is_text)
}

pub(super) fn is_part(name: &str) -> bool {
    PARTS.contains(&name) || KEEPING.contains(&name)
}

pub(super) fn leads_on(name: &str) -> bool {
    LEADING.contains(&name)
}

pub(super) fn is_alternative(name: &str) -> bool {
    ALTERNATIVES.contains(&name)
}

/// How a function hands on what it is given.
pub(super) fn function(path: &Path) -> Passing {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let Some(last) = names.next() else {
        return Passing::Nothing;
    };
    if FUNCTIONS.contains(&last.as_str()) {
        return Passing::Kept;
    }
    // `String::from(…)`, and `Own::clone(…)` for every method that keeps its receiver; no constants.
    let is_function = last.contains(char::is_lowercase);
    let Some(owner) = names.next().filter(|_| is_function) else {
        return Passing::Nothing;
    };
    let is_standard = OWNERS.contains(&owner.as_str());
    match method(&last) {
        // `usize::from(…)` is the number itself.
        Passing::Derived if is_standard && matches!(last.as_str(), "from" | "try_from") => {
            Passing::Kept
        }
        Passing::Kept if is_standard || owner.starts_with(char::is_uppercase) => Passing::Kept,
        Passing::Derived | Passing::Mapped if is_standard => Passing::Derived,
        _ => Passing::Nothing,
    }
}

/// True for `Sensitive::expose` as a value.
pub(super) fn exposes(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    path.path.segments.last().is_some_and(|last| last.ident == "expose")
}

/// True for `mem::replace` and `mem::swap`, of which the second gives nothing back.
pub(super) fn exchanges(path: &Path) -> Option<bool> {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let last = names.next()?;
    let is_ours = names.next().is_none_or(|owner| owner == "mem");
    match last.as_str() {
        "replace" if is_ours => Some(true),
        "swap" if is_ours => Some(false),
        _ => None,
    }
}

/// True if the result of the operator tells more of its operands than how they compare.
pub(super) fn operator(operator: &BinOp) -> bool {
    use BinOp::{And, Eq, Ge, Gt, Le, Lt, Ne, Or};
    !matches!(operator, And(_) | Eq(_) | Ge(_) | Gt(_) | Le(_) | Lt(_) | Ne(_) | Or(_))
}

/// True if code may stand behind the statement: it is reached, and takes no value from the block.
pub(super) fn goes_on(statement: &Stmt, is_last: bool) -> bool {
    const DIVERGING: &[&str] = &["bail", "panic", "todo", "unimplemented", "unreachable"];
    let diverges = |call: &Macro| {
        call.path
            .segments
            .last()
            .is_some_and(|last| DIVERGING.iter().any(|name| last.ident == name))
    };
    match statement {
        Stmt::Local(_) => true,
        Stmt::Item(_) => false,
        Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _) => false,
        Stmt::Expr(_, end) => end.is_some() || !is_last,
        Stmt::Macro(call) => (call.semi_token.is_some() || !is_last) && !diverges(&call.mac),
    }
}
