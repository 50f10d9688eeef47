//! The log and format macros that are known, and the other names that a file gives them.

use std::collections::HashMap;

use syn::{ItemUse, Path, UseTree};

/// Which arguments of a macro are shown.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// Leading arguments, true for each that is shown; then fields, the format string and what
    /// belongs to it.
    Text(&'static [bool]),
    /// A condition, which tells of its sides if no text follows.
    Condition,
    /// Every argument; no string is a format string.
    Values,
    /// Only what follows `=>`.
    Pairs,
}

const FORMS: &[(Form, &[&str])] = &[
    (
        Form::Text(&[]),
        &[
            "format",
            "format_args",
            "print",
            "println",
            "eprint",
            "eprintln",
            "panic",
            "todo",
            "unimplemented",
            "unreachable",
            "formatdoc",
            "printdoc",
            "eprintdoc",
            "trace",
            "debug",
            "info",
            "warn",
            "error",
            "crit",
            "log",
            "slog_trace",
            "slog_debug",
            "slog_info",
            "slog_warn",
            "slog_error",
            "slog_crit",
            "anyhow",
            "eyre",
            "bail",
            "format_err",
            "miette",
        ],
    ),
    (
        Form::Text(&[false]),
        &[
            "write",
            "writeln",
            "writedoc",
            "assert",
            "debug_assert",
            // The level, the name and the span; only fields and a message follow.
            "event",
            "trace_span",
            "debug_span",
            "info_span",
            "warn_span",
            "error_span",
            "record_all",
        ],
    ),
    (Form::Text(&[false, false]), &["span"]),
    (Form::Text(&[true, true]), &["assert_eq", "assert_ne", "debug_assert_eq", "debug_assert_ne"]),
    (Form::Text(&[true, false]), &["assert_matches", "debug_assert_matches"]),
    (Form::Condition, &["ensure"]),
    (Form::Values, &["dbg"]),
    (Form::Pairs, &["o", "b", "kv", "slog_o", "slog_b", "slog_kv"]),
];

/// The form of the macro that a path names.
pub(super) fn form(path: &Path, aliases: &Aliases) -> Option<Form> {
    let written = path.segments.last()?.ident.to_string();
    let is_alone = path.segments.len() == 1;
    let name = aliases.0.get(&written).filter(|_| is_alone).unwrap_or(&written);
    let row = FORMS.iter().find(|(_, names)| names.contains(&name.as_str()));
    row.map(|(form, _)| *form)
}

/// Other names of macros: what `use tracing::info as i;` says.
#[derive(Clone, Debug, Default)]
pub struct Aliases(HashMap<String, String>);

impl Aliases {
    /// Takes up the names that an import gives.
    ///
    /// ```
    /// use audit_syntax::{Aliases, shown};
    ///
    /// let mut aliases = Aliases::default();
    /// aliases.read(&syn::parse_quote!(use tracing::{info as i, warn};));
    /// assert!(shown(&syn::parse_quote!(i!("{user}")), &aliases).is_some());
    /// ```
    pub fn read(&mut self, import: &ItemUse) {
        self.read_tree(&import.tree);
    }

    fn read_tree(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.read_tree(&path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.read_tree(tree)),
            UseTree::Rename(renamed) => {
                self.0.insert(renamed.rename.to_string(), renamed.ident.to_string());
            }
            UseTree::Name(_) | UseTree::Glob(_) => {}
        }
    }
}
