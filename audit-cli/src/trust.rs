//! Public keys and checkpoints from outside the journal, by which it is judged.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use audit_tlog::{Checkpoint, Malformed, Note, VerifierKey, WitnessKey};

use crate::failure::Failure;

/// What a line of a signature begins with.
const MARK: &str = "\u{2014} ";
/// Origin, size, root and an empty line stand before the first signature.
const TEXT_LINES: usize = 4;

/// The keys that are given as such, or in files with one on each line.
pub(crate) fn keys(given: &[String]) -> Result<Vec<VerifierKey>, Failure> {
    let advice = "give what `audited keys show` prints for the journal, or a file of such lines";
    read("--key", advice, given)
}

/// The same of witnesses.
pub(crate) fn witnesses(given: &[String]) -> Result<Vec<WitnessKey>, Failure> {
    let advice = "give the key that the witness's operator publishes, or a file of such lines";
    read("--witness", advice, given)
}

fn read<K: FromStr<Err = Malformed>>(
    option: &str,
    advice: &str,
    given: &[String],
) -> Result<Vec<K>, Failure> {
    let mut keys = Vec::new();
    for given in given {
        match given.parse() {
            Ok(key) => keys.push(key),
            Err(_) if Path::new(given).is_file() => keys.extend(keys_of(Path::new(given))?),
            // What is no public key may be a private one, so it is not repeated.
            Err(malformed) => {
                return Err(Failure::Usage(format!(
                    "{option} names neither a public key nor a file that is there: as a key, {malformed}; {advice}"
                )));
            }
        }
    }
    Ok(keys)
}

fn keys_of<K: FromStr<Err = Malformed>>(file: &Path) -> Result<Vec<K>, Failure> {
    let name = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Undecided(format!("cannot read the keys in {name}: {error}")))?;
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let keys = lines.map(|(at, line)| {
        line.parse().map_err(|malformed| {
            let line = at + 1;
            Failure::Usage(format!("{name}, line {line} is no public key: {malformed}"))
        })
    });
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(Failure::Usage(format!("{name} has no public key: write one on a line")));
    }
    Ok(keys)
}

/// The checkpoints in files, or in standard input for `-`, wherever they stand in them.
pub(crate) fn anchors(places: &[PathBuf]) -> Result<Vec<Note>, Failure> {
    let mut anchors = Vec::new();
    for place in places {
        let name = place.display();
        let read = if place == Path::new("-") {
            found(io::stdin().lock())
        } else {
            File::open(place).and_then(|file| found(BufReader::new(file)))
        };
        let read = read.map_err(|error| {
            Failure::Undecided(format!("cannot read the checkpoints in {name}: {error}"))
        })?;
        if read.is_empty() {
            return Err(Failure::Undecided(format!(
                "there is no checkpoint in {name}: one has an origin, a size and a root on a line each, \
                 an empty line, and signatures"
            )));
        }
        anchors.extend(read);
    }
    Ok(anchors)
}

/// Finds checkpoints by the lines of their signatures, amid other lines, behind prefixes of lines, and in
/// strings of JSON.
fn found(mut input: impl BufRead) -> io::Result<Vec<Note>> {
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
        let json = serde_json::json!({"level": "INFO", "checkpoint": text, "n": 1}).to_string();
        for log in [
            text.clone(),
            format!("starting\n{text}other\n\n{text}"),
            format!("2026-01-01T00:00:00Z INFO checkpoint: {text}"),
            prefixed,
            json.clone(),
            json.replace('\u{2014}', "\\u2014"),
            format!("INFO audit: checkpoint={text:?} n=1"),
        ] {
            let found = found(log.as_bytes()).unwrap();
            assert!(!found.is_empty() && found.iter().all(|it| *it == note), "{log}: {found:?}");
        }
        for none in ["", "\u{2014} shop/key AAAA\n", "a\nb\nc\n\n\u{2014} shop/key AAAAAAA=\n"] {
            assert_eq!(found(none.as_bytes()).unwrap(), [], "{none}");
        }
    }
}
