//! Finds checkpoints again in what has been kept of them.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use audit_tlog::{Checkpoint, Note};

/// What a line of a signature begins with.
const MARK: &str = "\u{2014} ";
/// Origin, size, root and an empty line stand before the first signature.
const TEXT_LINES: usize = 4;
/// More than those of a journal and its witnesses.
const SIGNATURES_MAX: usize = 8;

/// The checkpoints in what an anchor or a log has kept: found by the lines of their signatures, amid other lines, behind
/// prefixes of lines, in quotes and in strings of JSON. Nothing of them is checked. One with several signatures comes with the
/// first one, with the first two and so on: what somebody else has logged behind it does not void it.
///
/// # Errors
/// Fails when `input` does.
pub fn found(mut input: impl BufRead) -> io::Result<Vec<Note>> {
    let mut finder = Finder::default();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']).replace("\\u2014 ", MARK);
        if text.contains("\\n") && text.contains(MARK) {
            text.split("\\n").for_each(|part| finder.take(part));
            finder.open = None;
        } else {
            finder.take(&text);
        }
        line.clear();
    }
    Ok(finder.notes)
}

#[derive(Default)]
struct Finder {
    /// The last lines without a signature.
    before: VecDeque<String>,
    /// A note that may have more signatures.
    open: Option<String>,
    notes: Vec<Note>,
}

impl Finder {
    fn take(&mut self, line: &str) {
        let Some(signature) = signature_in(line) else {
            self.open = None;
            self.before.push_back(last_word(line).to_owned());
            if self.before.len() > TEXT_LINES {
                self.before.pop_front();
            }
            return;
        };
        if self.open.is_none() {
            let words = self.before.drain(..).collect::<Vec<_>>();
            self.open = (words.len() == TEXT_LINES).then(|| words.join("\n") + "\n");
        }
        self.open = self.open.take().map(|note| format!("{note}{signature}\n"));
        let note = self.open.as_ref().and_then(|note| Note::parse(note).ok());
        match note.filter(|note| Checkpoint::parse(&note.text).is_ok()) {
            Some(note) if note.signatures.len() <= SIGNATURES_MAX => self.notes.push(note),
            _ => self.open = None,
        }
    }
}

/// The signature that a line of a log ends with, if it has the form of one; a prefix may have dashes as well.
fn signature_in(line: &str) -> Option<&str> {
    let mut rests = line.match_indices(MARK).take(SIGNATURES_MAX).map(|(at, _)| &line[at..]);
    rests.find_map(|rest| {
        let signature = rest.split(['"', '\\']).next()?.trim_end();
        Note::parse(&format!("a\n\n{signature}\n")).is_ok().then_some(signature)
    })
}

/// What stands behind a log's prefix: origin, size and root are one word each.
fn last_word(line: &str) -> &str {
    line.rsplit([' ', '\t', '"']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use audit_tlog::SigningKey;

    use super::*;

    #[test]
    fn checkpoints_are_found_in_logs_of_any_form() {
        let key = SigningKey::from_seed("shop/key", [7; 32]).unwrap();
        let root = "A".repeat(43) + "=";
        let note = Note::sign(format!("shop/audit\n12\n{root}\n"), &[&key]).unwrap();
        let text = note.to_string();
        let prefixed: String = text.lines().map(|line| format!("shop-1 | {line}\n")).collect();
        let escaped = text.replace('\n', "\\n");
        let json = format!("{{\"level\":\"INFO\",\"checkpoint\":\"{escaped}\",\"n\":1}}");
        for log in [
            text.clone(),
            format!("starting\n{text}other\n\n{text}"),
            format!("2026-01-01T00:00:00Z INFO checkpoint: {text}"),
            prefixed.replace("|", "\u{2014} audit \u{2014}"),
            prefixed,
            json.clone(),
            json.replace('\u{2014}', "\\u2014"),
            format!("INFO audit: checkpoint={text:?} n=1"),
            format!("\u{1b}[3mcheckpoint\u{1b}[0m\u{1b}[2m=\u{1b}[0m{text:?}\u{1b}[0m"),
        ] {
            let found = found(log.as_bytes()).unwrap();
            assert!(!found.is_empty() && found.iter().all(|it| *it == note), "{log}: {found:?}");
        }
        for none in ["", "\u{2014} shop/key AAAA\n", "a\nb\nc\n\n\u{2014} shop/key AAAAAAA=\n"] {
            assert_eq!(found(none.as_bytes()).unwrap(), [], "{none}");
        }
    }

    #[test]
    fn what_others_have_logged_around_a_checkpoint_does_not_hide_it() {
        let key = SigningKey::from_seed("shop/key", [7; 32]).unwrap();
        let root = "A".repeat(43) + "=";
        let sign = |size| Note::sign(format!("shop/audit\n{size}\n{root}\n"), &[&key]).unwrap();
        let note = sign(12);
        let (text, other) = (note.to_string(), sign(13).to_string());
        let forged = other.lines().last().unwrap();
        let escaped = format!("{text:?}");
        let hostile = [
            "INFO user said \u{2014} hello".to_owned(),
            "INFO \u{2014} shop/key nonsense".to_owned(),
            format!("INFO agent={forged}"),
            format!("INFO agent=\"{forged}\\n\""),
            format!("INFO agent=\"shop/audit\\n99\\n{root}\\n\\n\""),
            format!("INFO agent={:?}", other.replace("13", "14")),
            format!("shop/audit\n99\n{root}\n"),
            forged.repeat(3),
            format!("{forged}\n").repeat(70),
        ];
        for line in &hostile {
            for own in [
                &text,
                &format!("{{\"checkpoint\":{escaped}}}\n"),
                &format!("checkpoint={escaped}\n"),
            ] {
                let log = format!("{line}\n{own}{line}\n{own}{line}\n");
                let found = found(log.as_bytes()).unwrap();
                assert_eq!(found.iter().filter(|it| **it == note).count(), 2, "{log}: {found:?}");
                assert!(found.len() <= 2 * SIGNATURES_MAX + 3, "{log}: {found:?}");
            }
        }
    }

    #[test]
    fn a_checkpoint_with_several_signatures_comes_with_all_and_with_fewer() {
        let keys = [1, 2].map(|seed| SigningKey::from_seed("shop/key", [seed; 32]).unwrap());
        let text = format!("shop/audit\n12\n{}=\n", "A".repeat(43));
        let one = Note::sign(&*text, &[&keys[0]]).unwrap();
        let both = Note::sign(&*text, &[&keys[0], &keys[1]]).unwrap();
        assert_eq!(found(both.to_string().as_bytes()).unwrap(), [one, both]);
    }
}
