//! Rule: items are named by what they are, not by words that fit everything.

use proc_macro2::Ident;
use syn::visit::{self, Visit};

use crate::source::Source;
use crate::tokens;

/// Words that say nothing about an item, or that mean something else in this field.
const FORBIDDEN: &[&str] = &[
    "manager",
    "handle",
    "util",
    "utils",
    "helper",
    "helpers",
    "data",
    "info",
    "logger",
    "subscriber",
];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let ours = sources.iter().filter(|source| !source.is_ui_case());
    ours.flat_map(check_file).collect()
}

fn check_file(source: &Source) -> Vec<String> {
    let mut names = Names::default();
    names.visit_file(&tokens::parsed(source));
    let told = names.0.into_iter().filter_map(|(name, line)| {
        let word = forbidden(&name)?;
        let place = format!("{}:{line}", source.path);
        Some(format!("{place}: `{name}`: `{word}` fits everything; use the field's term"))
    });
    told.collect()
}

/// The first forbidden word in a name; `handlers` and `metadata` are words of their own.
fn forbidden(name: &str) -> Option<&'static str> {
    let words = words(name);
    let found = |forbidden: &&&str| words.iter().any(|word| word == **forbidden);
    FORBIDDEN.iter().find(found).copied()
}

/// The words of a name in snake or camel case, in small letters: `HTTPData2` is `http`, `data`, `2`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.trim_start_matches("r#").chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| letters[before]);
        let follows = letters.get(index + 1).copied();
        let begins = |before: char| {
            let rises = letter.is_uppercase() && !before.is_uppercase();
            let ends_initials =
                letter.is_uppercase() && follows.is_some_and(|follows| follows.is_lowercase());
            rises || ends_initials || letter.is_numeric() != before.is_numeric()
        };
        if *letter == '_' || before.is_some_and(begins) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

/// The names and lines of all items that are ours to name: what implements a trait is not.
#[derive(Default)]
struct Names(Vec<(String, usize)>);

impl Names {
    fn add(&mut self, name: &Ident) {
        self.0.push((name.to_string(), name.span().start().line));
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        for inner in &item.items {
            if let (None, syn::ImplItem::Fn(function)) = (&item.trait_, inner) {
                self.add(&function.sig.ident);
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.add(&item.sig.ident);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.ident);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.add(&item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.add(&item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.add(&item.ident);
        visit::visit_item_mod(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> usize {
        check(&[Source::new("a.rs", text)]).len()
    }

    #[test]
    fn names_that_fit_everything_are_reported() {
        for guilty in [
            "fn open_handle() {}",
            "struct UserData;",
            "struct HTTPInfo2 { x: u8 }",
            "enum JournalManager {}",
            "trait Logger {}",
            "mod utils { }",
            "mod r#util;",
            "trait T { fn data(&self); }",
            "impl T { fn helper(&self) {} }",
            "fn f() { fn user_info() {} }",
            "mod m { struct Subscriber; }",
        ] {
            assert_eq!(findings(guilty), 1, "{guilty}");
        }
    }

    #[test]
    fn longer_words_and_names_that_others_chose_are_not() {
        for innocent in [
            "mod handlers; fn database() {} struct Metadata; fn informational() {}",
            "impl Handler for T { fn handle(&self) {} }",
            "fn f() { let data = handle(info); }",
            "struct S { data: u8 }",
        ] {
            assert_eq!(findings(innocent), 0, "{innocent}");
        }
    }
}
