//! The changes: of bytes and lines, of files, of the whole directory, and with all that follows made to fit.

use audit_runtime::journal::MemoryStorage;
use audit_tlog::{Hash, leaf};

use super::made::Made;
use super::{forge, shown};
use crate::random::Random;
use crate::simulation::line;

/// What was done, and what of it matters for how it is told.
#[derive(Debug)]
pub(super) struct Attack {
    pub(super) what: String,
    /// `tiles/` are those of the records as they were.
    pub(super) has_tiles: bool,
    /// The file whose bytes were changed, if it is no segment.
    pub(super) file: Option<String>,
}

/// Changes a copy of the journal.
pub(super) fn mutate(made: &Made, random: &mut Random) -> (MemoryStorage, Attack) {
    let storage = made.storage.snapshot();
    let mut attack = Attack { what: String::new(), has_tiles: true, file: None };
    match random.below(10) {
        0..3 => attack.what = change_lines(&storage, random, false),
        3 => attack.what = change_segment(&storage, random),
        4 => change_file(&storage, made, random, &mut attack),
        5 => {
            copy(&storage, &made.past[random.below(made.past.len())]);
            attack.what = "all rolled back".to_owned();
        }
        8 => {
            let past = random.below(made.past.len());
            let other = made.forked(past, random);
            copy(&storage, &other);
            attack.what = format!("gone on with anew from state {past}");
        }
        9 if random.one_in(4) => {
            let keeps_seals = random.one_in(2);
            strip(&storage, keeps_seals);
            attack.has_tiles = false;
            attack.what = format!("stripped of all signatures, or of all but seals: {keeps_seals}");
        }
        9 => change_file(&storage, made, random, &mut attack),
        6 => {
            attack.what = format!("{}, chained anew", change_lines(&storage, random, true));
            match random.below(3) {
                0 => {
                    attack.has_tiles = false;
                    forge::tile(&storage, &leaves(&storage));
                }
                1 => {
                    attack.has_tiles = false;
                    storage.replace("tiles/0", None);
                }
                _ => {}
            }
        }
        _ if made.kept().len() < made.records.len() => {
            attack.what = change_lines(&storage, random, false);
        }
        _ => {
            attack.what = format!("{}, signed anew", change_lines(&storage, random, true));
            attack.has_tiles = false;
            forge::sign(&storage, made);
        }
    }
    (storage, attack)
}

/// Puts what another directory has in place of all that is there.
fn copy(storage: &MemoryStorage, other: &MemoryStorage) {
    storage.names().iter().for_each(|name| storage.replace(name, None));
    other.names().iter().for_each(|name| storage.replace(name, other.file(name)));
}

/// Removes what is signed, or all but the seals, and the tiles.
fn strip(storage: &MemoryStorage, keeps_seals: bool) {
    let is_gone = |name: &&String| {
        let is_seal = name.starts_with("seg/") && name.ends_with(".seal");
        name.starts_with("checkpoint") || name.starts_with("tiles/") || (is_seal && !keeps_seals)
    };
    storage.names().iter().filter(is_gone).for_each(|name| storage.replace(name, None));
}

fn leaves(storage: &MemoryStorage) -> Vec<Hash> {
    shown::lines(storage).iter().map(|line| leaf(line)).collect()
}

/// Edits, deletes, doubles, swaps or cuts lines, or puts in one that never was; chained anew, headers stay where they are.
fn change_lines(storage: &MemoryStorage, random: &mut Random, is_chained: bool) -> String {
    let mut segments = shown::segments(storage);
    let is_free = |line: &Vec<u8>| !is_chained || line::action(line).is_empty();
    let places: Vec<(usize, usize)> = segments
        .iter()
        .enumerate()
        .flat_map(|(file, (_, lines))| (0..lines.len()).map(move |at| (file, at)))
        .filter(|(file, at)| is_free(&segments[*file].1[*at]))
        .collect();
    let (one, other) = (places[random.below(places.len())], places[random.below(places.len())]);
    let line = |place: (usize, usize)| segments[place.0].1[place.1].clone();
    let what = match random.below(6) {
        0 => {
            let changed = edited(&line(one), random);
            segments[one.0].1[one.1] = changed;
            "edited"
        }
        1 => {
            segments[one.0].1.remove(one.1);
            "deleted"
        }
        2 => {
            let copy = line(other);
            segments[one.0].1.insert(one.1, copy);
            "doubled"
        }
        3 => {
            let (first, second) = (line(one), line(other));
            segments[one.0].1[one.1] = second;
            segments[other.0].1[other.1] = first;
            "swapped"
        }
        4 => {
            let made_up = edited(&line(other), random);
            segments[one.0].1.insert(one.1, made_up);
            "put in"
        }
        _ => {
            segments.truncate(one.0 + 1);
            segments[one.0].1.truncate(one.1.max(1));
            "cut behind"
        }
    };
    if is_chained {
        forge::chain(storage, segments);
    } else {
        let names = shown::segments(storage).into_iter().map(|(first, _)| line::segment(first));
        names.for_each(|name| storage.replace(&name, None));
        for (first, lines) in segments {
            let bytes: Vec<u8> =
                lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect();
            storage.replace(&line::segment(first), Some(bytes));
        }
    }
    format!("{what} {one:?} {other:?}")
}

/// Another digit in the text of a record, or another bit anywhere in a line of any kind.
fn edited(line: &[u8], random: &mut Random) -> Vec<u8> {
    let mut line = line.to_vec();
    let number = line.windows(9).position(|bytes| bytes == b"\"number\":");
    match number {
        Some(at) => line[at + 9] = if line[at + 9] == b'7' { b'8' } else { b'7' },
        None => {
            let at = random.below(line.len());
            line[at] ^= 1 << random.below(7);
        }
    }
    line
}

/// Flips a bit of a segment, cuts it, removes it alone or with the next one, or the last ones.
fn change_segment(storage: &MemoryStorage, random: &mut Random) -> String {
    let names: Vec<_> =
        shown::segments(storage).into_iter().map(|(first, _)| line::segment(first)).collect();
    let at = random.below(names.len());
    let (way, mut bytes) = (random.below(5), storage.file(&names[at]).unwrap());
    let byte = random.below(bytes.len());
    match way {
        0 | 1 => bytes[byte] ^= 1 << random.below(8),
        2 => bytes.truncate(byte),
        3 => {
            names[at..].iter().take(2).for_each(|name| storage.replace(name, None));
            return format!("{} removed with the next", names[at]);
        }
        _ => {
            names[at..].iter().for_each(|name| storage.replace(name, None));
            return format!("{} and all behind removed", names[at]);
        }
    }
    storage.replace(&names[at], Some(bytes));
    format!("{} changed at byte {byte}, way {way}", names[at])
}

/// Flips a bit of any file, cuts, removes it, or gives it back an older state.
fn change_file(storage: &MemoryStorage, made: &Made, random: &mut Random, attack: &mut Attack) {
    let mut names = storage.names();
    names.retain(|name| !storage.file(name).unwrap().is_empty());
    let name = names[random.below(names.len())].clone();
    let mut bytes = storage.file(&name).unwrap();
    let byte = random.below(bytes.len());
    let past = &made.past[random.below(made.past.len())];
    let (way, changed) = match random.below(4) {
        0 => ("flipped", {
            bytes[byte] ^= 1 << random.below(8);
            Some(bytes)
        }),
        1 => ("cut", {
            bytes.truncate(byte);
            Some(bytes)
        }),
        2 => ("removed", None),
        _ => ("rolled back", past.file(&name)),
    };
    storage.replace(&name, changed);
    attack.what = format!("{name} {way} at {byte}");
    attack.has_tiles = !name.starts_with("tiles/");
    attack.file = (!name.ends_with(".jsonl") || name.starts_with("epochs/")).then_some(name);
}
