//! Finds checkpoints again in what has been kept of them.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use audit_tlog::{Checkpoint, Note};

/// What a line of a signature begins with.
const MARK: &str = "\u{2014} ";
/// Origin, size, root and an empty line stand before the first signature.
const TEXT_LINES: usize = 4;

/// The checkpoints in what an anchor or a log has kept: found by the lines of their signatures, amid other lines, behind
/// prefixes of lines, in quotes and in strings of JSON. Nothing of them is checked.
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
        } else {
            finder.take(&text);
        }
        line.clear();
    }
    finder.end();
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
        let Some(at) = line.find(MARK) else {
            self.end();
            self.before.push_back(last_word(line).to_owned());
            if self.before.len() > TEXT_LINES {
                self.before.pop_front();
            }
            return;
        };
        let signature = line[at..].split(['"', '\\']).next().unwrap_or_default().trim_end();
        if self.open.is_none() {
            let words = self.before.drain(..).collect::<Vec<_>>();
            self.open = (words.len() == TEXT_LINES).then(|| words.join("\n") + "\n");
        }
        if let Some(note) = &mut self.open {
            note.push_str(signature);
            note.push('\n');
        }
    }

    fn end(&mut self) {
        let note = self.open.take().and_then(|note| Note::parse(&note).ok());
        self.notes.extend(note.filter(|note| Checkpoint::parse(&note.text).is_ok()));
    }
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
}
