//! Public keys and checkpoints from outside the journal, by which it is judged.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use audit_runtime::anchor::found;
use audit_tlog::{Malformed, Note, VerifierKey, WitnessKey};

use crate::failure::Failure;

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

/// The checkpoints in files, in those of a directory, or in standard input for `-`, wherever they stand in them.
pub(crate) fn anchors(places: &[PathBuf]) -> Result<Vec<Note>, Failure> {
    let mut anchors = Vec::new();
    for place in &files_of(places)? {
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

/// The files, with those of checkpoints in place of each directory, in the order of their names.
fn files_of(places: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for place in places {
        if !place.is_dir() {
            files.push(place.clone());
            continue;
        }
        let name = place.display();
        let entries = fs::read_dir(place).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(|error| {
            Failure::Undecided(format!("cannot read the directory {name}: {error}"))
        })?;
        let paths = entries.into_iter().map(|entry| entry.path());
        let is_one = |path: &PathBuf| path.extension() == Some("checkpoints".as_ref());
        let mut found: Vec<_> = paths.filter(is_one).collect();
        if found.is_empty() {
            return Err(Failure::Undecided(format!(
                "no file in the directory {name} ends in `.checkpoints`: name the file that has checkpoints"
            )));
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}
