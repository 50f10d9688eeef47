//! Rule: every setting of a recorder's builder has a key in `audited.toml`.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};

use crate::source::Source;
use crate::tokens;

/// Where the keys are, each with a call of the method that it stands for.
const KEYS: &str = "recorder/config/keys.rs";

/// Settings that no file can make, each with the reason.
const WITHOUT_KEY: &[(&str, &str)] = &[
    (
        "anchor",
        "an anchor is code; `anchor_directory` and `anchor_syslog` name those of this version",
    ),
    ("clock", "a clock is code, and only tests replace it"),
    ("signer", "what signs is code: `signing_key_file` names the file of the keys"),
    ("older_signer", "the same, of what has signed before it"),
    ("service", "it is two keys, for `service_name` and `service_version`"),
];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut settings = Settings::default();
    let mut calls = Calls::default();
    for source in sources {
        let Some(inner) = source.in_runtime().filter(|inner| inner.starts_with("recorder/")) else {
            continue;
        };
        let file = tokens::parsed(source);
        settings.visit_file(&file);
        if inner == KEYS {
            calls.visit_file(&file);
        }
    }
    if settings.0.is_empty() {
        return vec!["no setting of `RecorderBuilder` was found; mend this rule".to_owned()];
    }
    let missing = settings.0.iter().filter(|setting| {
        let excused = WITHOUT_KEY.iter().any(|(name, _)| name == setting);
        !excused && !calls.0.contains(*setting)
    });
    let told = missing.map(|setting| {
        format!(
            "audit-runtime/src/{KEYS}:1: the setting `{setting}` has no key; give it a row, and a \
             line in the sample of docs/operations.md"
        )
    });
    told.collect()
}

/// The names of the builder's settings: what takes the builder and a value, and gives it back.
#[derive(Default)]
struct Settings(BTreeSet<String>);

impl<'ast> Visit<'ast> for Settings {
    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_some() || !is_builder(&item.self_ty) {
            return;
        }
        for inner in &item.items {
            let syn::ImplItem::Fn(function) = inner else { continue };
            let signature = &function.sig;
            let takes_a_value = signature.receiver().is_some() && signature.inputs.len() > 1;
            if takes_a_value && gives_itself(signature) && is_public(&function.vis) {
                self.0.insert(signature.ident.to_string());
            }
        }
    }
}

fn is_builder(owner: &syn::Type) -> bool {
    matches!(owner, syn::Type::Path(path) if path.path.is_ident("RecorderBuilder"))
}

fn gives_itself(signature: &syn::Signature) -> bool {
    matches!(&signature.output, syn::ReturnType::Type(_, given)
        if matches!(&**given, syn::Type::Path(path) if path.path.is_ident("Self")))
}

fn is_public(visibility: &syn::Visibility) -> bool {
    matches!(visibility, syn::Visibility::Public(_))
}

/// The names of all methods that are called.
#[derive(Default)]
struct Calls(BTreeSet<String>);

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.insert(call.method.to_string());
        visit::visit_expr_method_call(self, call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(builder: &str, keys: &str) -> usize {
        let builder = Source::new("audit-runtime/src/recorder/builder.rs", builder);
        check(&[builder, Source::new(&format!("audit-runtime/src/{KEYS}"), keys)]).len()
    }

    #[test]
    fn a_setting_without_a_key_is_reported() {
        let builder = "impl RecorderBuilder { pub fn group(mut self, id: u32) -> Self { self } \
                       pub fn clock(self, c: C) -> Self { self } \
                       pub(super) fn own(self, x: X) -> Self { self } \
                       pub fn open(self) -> Result<Recorder, Error> { f() } }";
        assert_eq!(findings(builder, "const KEYS: K = [|builder, id| builder.group(id)];"), 0);
        assert_eq!(findings(builder, "const KEYS: K = [|builder, id| builder.groups(id)];"), 1);
        assert_eq!(findings("impl Other { pub fn group(self, id: u32) -> Self { self } }", ""), 1);
    }
}
