//! What lies between a service as it was and as it is: lines, counted, and signatures, compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens as _;
use similar::{Algorithm, DiffOp, capture_diff_slices};
use syn::visit::Visit;

/// The attribute's first words, as they stand on a line.
const ATTRIBUTE: &str = "#[audit_runtime::audited(";

/// The size of a change.
#[derive(Debug, Default, PartialEq)]
pub struct Change {
    /// Lines of the service before.
    pub lines: usize,
    /// Lines that came in, or stand in the place of others.
    pub added: usize,
    /// Lines that went without another in their place.
    pub removed: usize,
    /// Functions with the attribute.
    pub handlers: usize,
    /// Lines that came in with it, right above a function.
    pub attributes: usize,
    /// Lines that came into the bodies of these functions.
    pub inside: Vec<String>,
    /// All other lines.
    pub around: Vec<String>,
    /// Functions as only one of the two has them.
    pub signatures: Vec<String>,
}

impl Change {
    /// Between the folders `before` and `after` of this service.
    pub fn of(service: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("adopt").join(service);
        let (before, after) = (files(&folder.join("before")), files(&folder.join("after")));
        assert!(before.keys().eq(after.keys()), "{service}: a file came or went");
        let mut change = Self::default();
        for (path, before) in &before {
            change.add(path, before, &after[path]);
        }
        change
    }

    fn add(&mut self, path: &str, before: &str, after: &str) {
        let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
        let (functions, audited) = (Functions::of(before), Functions::of(after));
        self.lines += old.len();
        self.handlers += audited.audited.len();
        for op in capture_diff_slices(Algorithm::Myers, &old, &new) {
            let (came, went) = (op.new_range(), op.old_range());
            if matches!(op, DiffOp::Equal { .. }) {
                continue;
            }
            self.added += came.len();
            self.removed += went.len().saturating_sub(came.len());
            for at in came {
                let line = new[at].trim().to_owned();
                match audited.place_of(at + 1) {
                    Place::Attribute if line.starts_with(ATTRIBUTE) => self.attributes += 1,
                    Place::Attribute | Place::Elsewhere => self.around.push(line),
                    Place::Body => self.inside.push(line),
                }
            }
        }
        let (had, has) = (&functions.signatures, &audited.signatures);
        let other = had.symmetric_difference(has).map(|signature| format!("{path}: {signature}"));
        self.signatures.extend(other);
    }
}

/// The Rust files of a folder and its folders, by their paths in it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(here) = open.pop() {
        for entry in fs::read_dir(&here).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

enum Place {
    /// In or above the head of an audited function.
    Attribute,
    Body,
    Elsewhere,
}

/// The functions of a file.
#[derive(Default)]
struct Functions {
    /// With the type that they are of, if one.
    signatures: BTreeSet<String>,
    /// Of the audited ones: the first line of the attributes, the first of the body, and the last.
    audited: Vec<(usize, usize, usize)>,
    of: String,
}

impl Functions {
    fn of(text: &str) -> Self {
        let mut functions = Self::default();
        functions.visit_file(&syn::parse_file(text).unwrap());
        functions
    }

    fn place_of(&self, line: usize) -> Place {
        let here = self.audited.iter().find(|(first, _, last)| (*first..=*last).contains(&line));
        match here {
            Some((_, body, _)) if line > *body => Place::Body,
            Some(_) => Place::Attribute,
            None => Place::Elsewhere,
        }
    }

    fn add(
        &mut self,
        attributes: &[syn::Attribute],
        signature: &syn::Signature,
        body: &syn::Block,
    ) {
        self.signatures.insert(format!("{}{}", self.of, signature.to_token_stream()));
        let is_audited = |attribute: &&syn::Attribute| {
            attribute.path().segments.last().is_some_and(|last| last.ident == "audited")
        };
        if let Some(attribute) = attributes.iter().find(is_audited) {
            let first = attribute.pound_token.span.start().line;
            let span = body.brace_token.span;
            self.audited.push((first, span.open().start().line, span.close().start().line));
        }
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.of = format!("{}: ", item.self_ty.to_token_stream());
        syn::visit::visit_item_impl(self, item);
        self.of.clear();
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.attrs, &function.sig, &function.block);
    }
}
