//! Rules on words: nothing left undone, no test ignored, no place that exists on one machine only.

use proc_macro2::TokenTree;

use crate::source::Source;
use crate::tokens::{self, is_punct, is_word, line};

/// Macros that stand for work that was not done.
const UNDONE: &[&str] = &["todo", "unimplemented", "dbg"];

/// The beginnings of paths that exist on one machine only, without their first slash.
const MACHINES: &[&str] = &["home/", "root/", "Users/", "tmp/"];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        tokens::each_level(&tokens::of(source), &mut |level| {
            for pair in level.windows(2) {
                findings.extend(undone(source, pair));
                findings.extend(ignored(source, pair));
            }
        });
    }
    findings
}

/// A UI case is not run; what it shows to the compiler may well be a macro of this kind.
fn undone(source: &Source, pair: &[TokenTree]) -> Option<String> {
    if source.is_ui_case() {
        return None;
    }
    let word = UNDONE.iter().find(|word| is_word(&pair[0], word))?;
    let place = format!("{}:{}", source.path, line(&pair[0]));
    is_punct(&pair[1], '!').then(|| format!("{place}: `{word}!` is work left undone; do it"))
}

fn ignored(source: &Source, pair: &[TokenTree]) -> Option<String> {
    let TokenTree::Group(attribute) = &pair[1] else {
        return None;
    };
    let first = attribute.stream().into_iter().next()?;
    let found = is_punct(&pair[0], '#') && is_word(&first, "ignore");
    let place = format!("{}:{}", source.path, line(&pair[0]));
    found.then(|| format!("{place}: an ignored test guards nothing; run it or delete it"))
}

/// Rule: no text names a place that exists on one machine only.
pub(crate) fn machine_paths(texts: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for text in texts {
        for (index, line) in text.text.lines().enumerate() {
            if let Some(found) = MACHINES.iter().find(|path| names_path(line, path)) {
                findings.push(format!(
                    "{}:{}: `/{found}` exists on one machine only; use a relative path or a \
                     temporary directory",
                    text.path,
                    index + 1
                ));
            }
        }
    }
    findings
}

/// True if an absolute path begins so; `a/home/b` and `https://host/home/` do not count.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let mut before = line[..at].chars().rev();
        let slash = before.next() == Some('/');
        slash && !before.next().is_some_and(|c| c.is_alphanumeric() || "_.-/}".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undone_work_and_ignored_tests_are_reported_but_not_their_names() {
        let guilty = "fn f() { todo!() }\nfn g() { { dbg!(1); unimplemented!() } }\n\
                      #[test]\n#[ignore]\nfn h() {}\n#[ignore = \"slow\"]\nfn i() {}";
        assert_eq!(check(&[Source::new("a.rs", guilty)]).len(), 5);
        let innocent = "// todo!()\nconst S: &str = \"todo!() #[ignore]\"; fn todo() { ignore() }";
        assert_eq!(check(&[Source::new("a.rs", innocent)]), [""; 0]);
    }

    #[test]
    fn absolute_machine_paths_are_reported() {
        for place in MACHINES {
            let guilty = Source::new("a.md", &format!("see\n\"/{place}x\""));
            assert_eq!(machine_paths(&[guilty]).len(), 1, "{place}");
            let innocent = format!("a/{place}x ./{place} https://example.com/{place}");
            assert_eq!(machine_paths(&[Source::new("a.md", &innocent)]), [""; 0]);
        }
    }
}
