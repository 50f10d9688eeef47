//! Rule: every thread of audit-runtime has a name, and the map lists it.

use proc_macro2::TokenTree;

use crate::source::Source;
use crate::tokens::{self, continuations, is_word, line};

pub(crate) fn check(sources: &[Source], map: &str) -> Vec<String> {
    let runtime = sources.iter().filter(|source| source.in_runtime().is_some());
    runtime.flat_map(|source| check_file(source, map)).collect()
}

fn check_file(source: &Source, map: &str) -> Vec<String> {
    let mut findings = Vec::new();
    tokens::each_level(&tokens::shipped(source), &mut |level| {
        for (index, token) in level.iter().enumerate() {
            let next = continuations(level, index + 1);
            let Some((next, _)) = next.first().filter(|_| is_word(token, "thread")) else {
                continue;
            };
            let fault = match (next.as_str(), thread_name(&level[index..])) {
                ("spawn", _) => "a thread without a name; use `thread::Builder`".to_owned(),
                ("Builder", None) => "name the thread with a literal".to_owned(),
                ("Builder", Some(name)) if !map.contains(&format!("`{name}`")) => {
                    format!("the thread `{name}` is not listed in ARCHITECTURE.md; list it")
                }
                _ => continue,
            };
            findings.push(format!("{}:{}: {fault}", source.path, line(token)));
        }
    });
    findings
}

/// The literal of the first `name("…")` of a chain of calls.
fn thread_name(chain: &[TokenTree]) -> Option<String> {
    let at = chain.iter().position(|token| is_word(token, "name"))?;
    let TokenTree::Group(arguments) = chain.get(at + 1)? else {
        return None;
    };
    let literal = arguments.stream().into_iter().next()?.to_string();
    let name = literal.strip_prefix('"')?.strip_suffix('"')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_without_a_name_or_a_place_on_the_map_are_reported() {
        let source = |text| [Source::new("audit-runtime/src/recorder/mod.rs", text)];
        let named = source("fn f() { std::thread::Builder::new().name(\"a-b\".into()).spawn(g) }");
        assert_eq!(check(&named, "| `a-b` | writes |"), [""; 0]);
        assert_eq!(check(&named, "| `other` | writes |").len(), 1);
        assert_eq!(check(&source("fn f() { thread::spawn(g) }"), "`a-b`").len(), 1);
        let unnamed = source("fn f() { thread::Builder::new().spawn(g) }");
        assert_eq!(check(&unnamed, "`a-b`").len(), 1);
        let sleeping = source("fn f() { std::thread::sleep(d) }");
        assert_eq!(check(&sleeping, ""), [""; 0]);
    }
}
