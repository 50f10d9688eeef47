//! Rule: every Rust file is part of some crate; what no `mod` reaches is dead.

use std::collections::HashSet;

use proc_macro2::TokenTree;

use crate::source::Source;
use crate::tokens::{self, is_punct, is_word};

/// Where Cargo finds further targets by itself: one file or one folder with a `main.rs` for each.
const FOLDERS: &[&str] = &["src/bin/", "tests/", "benches/", "examples/"];

pub(crate) fn check(sources: &[Source], manifests: &[Source]) -> Vec<String> {
    let mut reached = HashSet::new();
    let mut open: Vec<String> = manifests.iter().flat_map(|m| roots(m, sources)).collect();
    let is_root: HashSet<String> = open.iter().cloned().collect();
    while let Some(path) = open.pop() {
        let source = sources.iter().find(|source| source.path == path);
        if let Some(source) = source
            && reached.insert(path.clone())
        {
            let directory = directory_of_children(&path, is_root.contains(&path));
            let here = parent(&path).to_owned();
            children(&tokens::of(source), &here, &directory, &mut open);
        }
    }
    let dead =
        sources.iter().filter(|source| !source.is_ui_case() && !reached.contains(&source.path));
    dead.map(|source| {
        format!("{}:1: no `mod` reaches this file; declare it or delete it", source.path)
    })
    .collect()
}

/// The files that the crates of a package begin with: by convention, or named in its manifest.
fn roots(manifest: &Source, sources: &[Source]) -> Vec<String> {
    let package = manifest.path.trim_end_matches("Cargo.toml");
    let named = manifest.text.lines().filter_map(|line| {
        let path = line.strip_prefix("path = \"")?.strip_suffix('"')?;
        path.ends_with(".rs").then(|| format!("{package}{path}"))
    });
    let usual = ["src/lib.rs", "src/main.rs", "build.rs"].map(|path| format!("{package}{path}"));
    let found = sources.iter().filter_map(|source| {
        let inner = source.path.strip_prefix(package)?;
        let target = FOLDERS.iter().find_map(|folder| inner.strip_prefix(folder))?;
        let is_root = !target.contains('/') || target.split_once('/')?.1 == "main.rs";
        is_root.then(|| source.path.clone())
    });
    named.chain(usual).chain(found).collect()
}

/// Adds the candidates for the files of the modules that are declared among `tokens`.
fn children(tokens: &[TokenTree], here: &str, directory: &str, open: &mut Vec<String>) {
    for index in 0..tokens.len().saturating_sub(2) {
        if !is_word(&tokens[index], "mod") {
            continue;
        }
        let name = tokens[index + 1].to_string();
        match &tokens[index + 2] {
            TokenTree::Group(body) => {
                let inner: Vec<_> = body.stream().into_iter().collect();
                children(
                    &inner,
                    &format!("{directory}{name}/"),
                    &format!("{directory}{name}/"),
                    open,
                );
            }
            end if is_punct(end, ';') => {
                open.extend(path_attributes(&tokens[..index], here));
                open.push(format!("{directory}{name}.rs"));
                open.push(format!("{directory}{name}/mod.rs"));
            }
            _ => {}
        }
    }
}

/// The paths of the attributes right before a `mod`, those inside `cfg_attr` too.
fn path_attributes(before: &[TokenTree], here: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let attributes = before.iter().rev().take_while(|token| {
        !is_punct(token, ';') && !matches!(token, TokenTree::Group(g) if is_block(g))
    });
    for token in attributes {
        let text = token.to_string();
        let value = text.split_once("path = \"").and_then(|(_, rest)| rest.split_once('"'));
        paths.extend(value.map(|(path, _)| format!("{here}{path}")));
    }
    paths
}

fn is_block(group: &proc_macro2::Group) -> bool {
    group.delimiter() == proc_macro2::Delimiter::Brace
}

/// Where the modules of a file lie: beside a root or `mod.rs`, else in a folder of its name.
fn directory_of_children(path: &str, is_root: bool) -> String {
    if is_root || path.ends_with("/mod.rs") {
        parent(path).to_owned()
    } else {
        format!("{}/", path.trim_end_matches(".rs"))
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| &path[..=parent.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_files_are_reached_and_others_reported() {
        let manifest = Source::new("a/Cargo.toml", "[[test]]\npath = \"it/main.rs\"\n");
        let sources = [
            Source::new("a/src/lib.rs", "mod b; mod c { mod d; } #[path = \"odd.rs\"] mod e;"),
            Source::new("a/src/b.rs", "#[cfg(test)] mod tests;"),
            Source::new("a/src/b/tests.rs", ""),
            Source::new("a/src/c/d.rs", ""),
            Source::new("a/src/odd.rs", ""),
            Source::new("a/src/bin/tool.rs", "mod part;"),
            Source::new("a/src/bin/part.rs", ""),
            Source::new("a/tests/cli/main.rs", "mod fixture;"),
            Source::new("a/tests/cli/fixture.rs", ""),
            Source::new("a/it/main.rs", "mod case;"),
            Source::new("a/it/case/mod.rs", ""),
            Source::new("a/src/dead.rs", ""),
            Source::new("a/src/b/dead.rs", "// mod named_in_a_comment;"),
        ];
        let findings = check(&sources, &[manifest]);
        let dead: Vec<_> = findings.iter().map(|f| f.split(':').next().unwrap()).collect();
        assert_eq!(dead, ["a/src/dead.rs", "a/src/b/dead.rs"]);
    }
}
