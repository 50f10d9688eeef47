//! Rule: every file opens with one sentence that says its duty; of a UI case its path says it.

use crate::source::Source;

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let opened = sources.iter().filter(|source| !source.is_ui_case());
    let faulty = opened.filter_map(|source| {
        let fault = fault(&source.text)?;
        Some(format!(
            "{}:1: {fault}; open the file with `//! ` and one sentence that says its duty",
            source.path
        ))
    });
    faulty.collect()
}

fn fault(text: &str) -> Option<&'static str> {
    let lines = text.lines().map_while(|line| line.strip_prefix("//! "));
    let sentence = lines.collect::<Vec<_>>().join(" ");
    if sentence.trim().is_empty() {
        return Some("no module documentation");
    }
    if !sentence.ends_with('.') {
        return Some("the first paragraph does not end with a full stop");
    }
    let ends_inside = sentence.match_indices(". ").any(|(at, _)| {
        let next = sentence[at + 2..].chars().next();
        next.is_some_and(char::is_uppercase)
    });
    ends_inside.then_some("the first paragraph has more than one sentence")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_on_one_or_two_lines_and_more_paragraphs_pass() {
        for text in [
            "//! Reads lines.\n",
            "//! Reads lines,\n//! one by one.\n\nuse std;",
            "//! Reads lines.\n//!\n//! Two more. Sentences.\n",
        ] {
            assert_eq!(check(&[Source::new("a.rs", text)]), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_missing_unfinished_or_double_opening_is_reported() {
        for text in [
            "",
            "use std;\n//! Late.\n",
            "// Reads lines.\n",
            "//!\n",
            "//! Reads lines\n",
            "//! Reads lines. Then it stops.\n",
        ] {
            assert_eq!(check(&[Source::new("a.rs", text)]).len(), 1, "{text}");
        }
    }
}
