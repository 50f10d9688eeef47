//! What hands a value on, and what only speaks about it.

use syn::visit::Visit;
use syn::{BinOp, Expr, Path};

/// The methods whose result shows what they are called on, in full or in part.
const METHODS: &[&str] = &[
    "as_bytes",
    "as_deref",
    "as_deref_mut",
    "as_mut",
    "as_mut_str",
    "as_os_str",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "borrow_mut",
    "bytes",
    "cell",
    "chain",
    "chars",
    "clone",
    "cloned",
    "collect",
    "concat",
    "copied",
    "deref",
    "display",
    "entry",
    "enumerate",
    "escape_debug",
    "escape_default",
    "escape_unicode",
    "expect",
    "expose",
    "expose_secret",
    "filter",
    "find",
    "first",
    "get",
    "get_mut",
    "get_ref",
    "insert",
    "inspect",
    "into",
    "into_boxed_slice",
    "into_boxed_str",
    "into_bytes",
    "into_inner",
    "into_iter",
    "into_owned",
    "into_string",
    "into_vec",
    "iter",
    "iter_mut",
    "join",
    "keys",
    "last",
    "leak",
    "lines",
    "load",
    "lock",
    "lossy",
    "make_ascii_lowercase",
    "max",
    "min",
    "next",
    "next_back",
    "nth",
    "ok",
    "ok_or",
    "ok_or_else",
    "or",
    "or_default",
    "or_else",
    "or_insert",
    "peek",
    "pop",
    "read",
    "remove",
    "repeat",
    "replace",
    "rev",
    "rsplit",
    "skip",
    "skip_while",
    "split",
    "split_at",
    "split_once",
    "split_whitespace",
    "step_by",
    "strip_prefix",
    "strip_suffix",
    "swap",
    "take",
    "take_while",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "to_bytes",
    "to_lowercase",
    "to_owned",
    "to_str",
    "to_string",
    "to_string_lossy",
    "to_uppercase",
    "to_vec",
    "trim",
    "trim_end",
    "trim_matches",
    "trim_start",
    "try_into",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "unwrap_unchecked",
    "values",
    "windows",
    "with_context",
    "write",
    "zip",
];

/// The methods whose result shows what their closure returns.
const MAPS: &[&str] = &[
    "and_then",
    "filter_map",
    "find_map",
    "flat_map",
    "fold",
    "map",
    "map_or",
    "map_or_else",
    "or_else",
    "scan",
    "then",
    "unwrap_or_else",
];

/// The methods whose result may be one of their arguments.
const ALTERNATIVES: &[&str] = &[
    "chain",
    "insert",
    "map_or",
    "max",
    "min",
    "ok_or",
    "or",
    "replace",
    "then_some",
    "unwrap_or",
    "zip",
];

/// The methods that write their arguments into a text.
const FILLS: &[&str] = &["extend_from_slice", "insert_str", "push_str", "write_str"];

/// The functions that give back what they are given, by their last word.
const FUNCTIONS: &[&str] = &[
    "Err",
    "Ok",
    "Some",
    "black_box",
    "from_utf8",
    "from_utf8_lossy",
    "from_utf8_unchecked",
    "identity",
    "once",
    "public",
    "take",
];

/// The types whose constructors do, and those constructors.
const OWNERS: &[&str] = &[
    "Arc", "Box", "Cow", "From", "Into", "OsString", "PathBuf", "Rc", "String", "ToOwned",
    "ToString", "Vec",
];
const CONSTRUCTORS: &[&str] = &["Borrowed", "Owned", "from", "into", "new", "pin"];

pub(super) fn method(name: &str) -> bool {
    METHODS.contains(&name)
}

pub(super) fn maps(name: &str) -> bool {
    MAPS.contains(&name)
}

pub(super) fn fills(name: &str) -> bool {
    FILLS.contains(&name)
}

pub(super) fn is_alternative(name: &str) -> bool {
    ALTERNATIVES.contains(&name)
}

pub(super) fn function(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let Some(last) = names.next() else {
        return false;
    };
    if FUNCTIONS.contains(&last.as_str()) {
        return true;
    }
    // `String::from(…)`, and `Clone::clone(…)` for every method that passes its receiver on.
    names.next().is_some_and(|owner| {
        let constructs = CONSTRUCTORS.contains(&last.as_str()) && OWNERS.contains(&owner.as_str());
        constructs || (owner.starts_with(char::is_uppercase) && method(&last))
    })
}

/// True if the result of the operator tells more of its operands than how they compare.
pub(super) fn operator(operator: &BinOp) -> bool {
    use BinOp::{And, Eq, Ge, Gt, Le, Lt, Ne, Or};
    !matches!(operator, And(_) | Eq(_) | Ge(_) | Gt(_) | Le(_) | Lt(_) | Ne(_) | Or(_))
}

/// True if the expression means the same where it is written a second time.
pub(super) fn is_repeatable(expression: &Expr) -> bool {
    let mut search = Unrepeatable(false);
    search.visit_expr(expression);
    !search.0
}

/// True if the expression is a part of a variable that no code is needed to reach.
pub(super) fn is_place(expression: &Expr) -> bool {
    match expression {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Paren(inner) => is_place(&inner.expr),
        Expr::Group(inner) => is_place(&inner.expr),
        _ => false,
    }
}

/// True if the expression is a part of a variable, or a reference to one: its type is the variable's.
pub(super) fn is_seen(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.get_ident().is_some(),
        Expr::Field(field) => is_seen(&field.base),
        Expr::Paren(inner) => is_seen(&inner.expr),
        Expr::Group(inner) => is_seen(&inner.expr),
        Expr::Reference(inner) => is_seen(&inner.expr),
        Expr::Unary(inner) => is_seen(&inner.expr),
        _ => false,
    }
}

/// True if the value is no part of another, so that it may be bound whole.
pub(super) fn is_value(expression: &Expr) -> bool {
    match expression {
        Expr::Await(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Try(_) | Expr::Tuple(_) => {
            true
        }
        Expr::Paren(inner) => is_value(&inner.expr),
        Expr::Group(inner) => is_value(&inner.expr),
        Expr::Reference(inner) => is_value(&inner.expr),
        _ => false,
    }
}

/// True if the type of the value may become known only where it is used.
pub(super) fn is_open(value: &Expr) -> bool {
    const GENERIC: &[&str] = &[
        "collect",
        "deserialize",
        "default",
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
        "None",
    ];
    let is = |name: &syn::Ident| GENERIC.iter().any(|generic| name == generic);
    match value {
        Expr::Await(inner) => is_open(&inner.base),
        Expr::Call(call) => is_open(&call.func),
        Expr::MethodCall(call) if call.turbofish.is_none() => {
            is(&call.method) || is_open(&call.receiver)
        }
        Expr::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.arguments.is_none() && is(&last.ident)),
        Expr::Reference(inner) => is_open(&inner.expr),
        Expr::Try(inner) => is_open(&inner.expr),
        _ => false,
    }
}

struct Unrepeatable(bool);

impl<'a> Visit<'a> for Unrepeatable {
    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_simple = matches!(
            expression,
            Expr::Array(_)
                | Expr::Await(_)
                | Expr::Binary(_)
                | Expr::Call(_)
                | Expr::Cast(_)
                | Expr::Closure(_)
                | Expr::Field(_)
                | Expr::Group(_)
                | Expr::Index(_)
                | Expr::Lit(_)
                | Expr::MethodCall(_)
                | Expr::Paren(_)
                | Expr::Path(_)
                | Expr::Range(_)
                | Expr::Reference(_)
                | Expr::Try(_)
                | Expr::Tuple(_)
                | Expr::Unary(_)
        );
        if is_simple {
            syn::visit::visit_expr(self, expression);
        } else {
            self.0 = true;
        }
    }
}
