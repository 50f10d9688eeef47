//! What the files of a journal show, read and judged by the letter of `docs/design.md`, without the code that is tested.

use audit_runtime::Digest;
use audit_runtime::journal::MemoryStorage;
use audit_tlog::{Hash, Note, VerifierKey, leaf, node};
use serde_json::Value;

use crate::simulation::line;

/// `,"h":"`, a digest and `"}`.
const SUFFIX_BYTES: usize = 51;

/// The lines of each file in `seg/` without their newlines, with the number that the file is called by; what has no newline is a line, too.
pub(super) type Segments = Vec<(u64, Vec<Vec<u8>>)>;

/// A size and a root that somebody has signed.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    pub(super) size: u64,
    pub(super) root: String,
}

pub(super) fn segments(storage: &MemoryStorage) -> Segments {
    let names = storage.names().into_iter();
    let names = names.filter(|name| name.starts_with("seg/") && name.ends_with(".jsonl"));
    names
        .map(|name| (name[4..24].parse().unwrap(), line::all(&storage.file(&name).unwrap())))
        .collect()
}

pub(super) fn lines(storage: &MemoryStorage) -> Vec<Vec<u8>> {
    segments(storage).into_iter().flat_map(|(_, lines)| lines).collect()
}

/// The number that a line says that it has.
pub(super) fn seq(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(b"{\"v\":1,\"seq\":")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// The hash of a line behind one of that hash.
pub(super) fn linked(before: &Digest, line: &[u8]) -> Digest {
    let hashed = &line[..line.len().saturating_sub(SUFFIX_BYTES)];
    Digest::of_parts(&[&[2], before.as_bytes(), hashed])
}

/// The number of the first line, and the hash before it, as its header has it.
pub(super) fn beginning(lines: &[Vec<u8>]) -> Option<(u64, Digest)> {
    let header = line::header(lines.first())?;
    let first = seq(&lines[0])?;
    let before = match first {
        0 => Digest::of(header["origin"].as_str()?.as_bytes()),
        _ => Digest::parse(header["previous"]["h"].as_str()?)?,
    };
    Some((first, before))
}

/// True if it begins with record 0, or behind what the newest record of a pruning names.
fn is_front(lines: &[Vec<u8>], (first, before): &(u64, Digest)) -> bool {
    let pruned = lines.iter().rfind(|line| line::action(line) == "JournalPruned");
    match pruned.map(|line| line::journal(line)) {
        None => *first == 0,
        Some(pruned) => {
            pruned["last_seq"] == first.wrapping_sub(1) && pruned["h"] == before.to_string()
        }
    }
}

/// True if every line follows from the one before it, each header names what is before it, and the end is where WATERMARK says.
pub(super) fn is_chained(storage: &MemoryStorage) -> bool {
    follows(storage).is_some()
}

fn follows(storage: &MemoryStorage) -> Option<()> {
    let mut segments = segments(storage);
    let all = lines(storage);
    let begun = beginning(&all).filter(|begun| is_front(&all, begun))?;
    let (mut next, mut tip) = begun;
    let marked = watermark(storage);
    // Behind what is durable a crash may leave part of a line.
    let is_ended = |(first, _): &(u64, _)| {
        storage.file(&line::segment(*first)).is_some_and(|bytes| bytes.last() == Some(&b'\n'))
    };
    let (last, earlier) = segments.split_last()?;
    earlier.iter().all(is_ended).then_some(())?;
    if !is_ended(last) {
        segments.last_mut()?.1.pop();
    }
    let mut end: Option<(u64, u64)> = None;
    for (first, lines) in segments {
        for (at, line) in lines.iter().enumerate() {
            if at == 0 {
                let header = line::header(Some(line))?;
                let previous = end.map(|(segment, last)| {
                    serde_json::json!({"segment": line::segment(segment), "last_seq": last, "h": tip.to_string()})
                });
                let is_joined = previous.is_none_or(|previous| header["previous"] == previous);
                (first == next && is_joined).then_some(())?;
            }
            let hash = linked(&tip, line);
            (seq(line) == Some(next) && line::hash(line) == hash.to_string()).then_some(())?;
            (next, tip) = (next + 1, hash);
            if marked.as_ref().is_some_and(|(size, hash)| *size == next && *hash != tip.to_string())
            {
                return None;
            }
        }
        end = Some((first, next.checked_sub(1)?));
    }
    marked.is_none_or(|(size, _)| size <= next).then_some(())
}

/// How many records are durable, and the hash of the last of them.
fn watermark(storage: &MemoryStorage) -> Option<(u64, String)> {
    let text = String::from_utf8(storage.file("WATERMARK")?).ok()?;
    let (covered, check) = text.strip_suffix('\n')?.rsplit_once(' ')?;
    let (numbers, hash) = covered.split_once('\n')?;
    let (one, other) = numbers.split_once(' ')?;
    let digest = Digest::of(format!("{covered} ").as_bytes()).to_string();
    (one == other && digest[..22] == *check).then(|| Some((one.parse().ok()?, hash.to_owned())))?
}

/// The roots of the trees of all sizes, from 0.
pub(super) fn roots(lines: &[Vec<u8>]) -> Vec<String> {
    let mut peaks: Vec<(u32, Hash)> = Vec::new();
    let mut roots = vec![String::new()];
    for line in lines {
        let mut peak = (0, leaf(line));
        while let Some((_, left)) = peaks.pop_if(|(level, _)| *level == peak.0) {
            peak = (peak.0 + 1, node(&left, &peak.1));
        }
        peaks.push(peak);
        let right = peaks.iter().rev().map(|(_, hash)| *hash);
        roots.push(right.reduce(|right, left| node(&left, &right)).unwrap().to_string());
    }
    roots
}

/// What these keys have signed in `checkpoint`, `checkpoints` and the seals.
pub(super) fn signed(storage: &MemoryStorage, keys: &[VerifierKey]) -> Vec<Signed> {
    let names = storage.names().into_iter();
    let names = names.filter(|name| {
        name.starts_with("checkpoint") || (name.starts_with("seg/") && name.ends_with(".seal"))
    });
    let notes = names.flat_map(|name| notes(&storage.file(&name).unwrap()));
    notes.filter_map(|note| stated(&note, keys)).collect()
}

/// The whole notes in a file, an empty line behind each if they are several.
pub(super) fn notes(bytes: &[u8]) -> Vec<Note> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split("\n\n").collect::<Vec<_>>();
    let whole = parts.chunks(2).map(|note| note.join("\n\n").trim_end().to_owned() + "\n");
    whole.filter_map(|note| Note::parse(&note).ok()).collect()
}

/// The byte at which the last note of a history begins.
pub(super) fn last_note(history: &[u8]) -> usize {
    let text = String::from_utf8_lossy(history);
    let begins = |at: &usize| text[..*at].ends_with("\n\n") && !text[*at..].starts_with('\u{2014}');
    (1..text.trim_end().len())
        .rev()
        .filter(|at| text.is_char_boundary(*at))
        .find(begins)
        .unwrap_or(0)
}

/// True if there is a file for the newest checkpoint, or anything in the history.
pub(super) fn has_checkpoint(storage: &MemoryStorage) -> bool {
    let history = storage.file("checkpoints").is_some_and(|bytes| !bytes.is_empty());
    history || storage.file("checkpoint").is_some()
}

pub(super) fn stated(note: &Note, keys: &[VerifierKey]) -> Option<Signed> {
    note.signers(keys).ok()?;
    let mut lines = note.text.lines().skip(1);
    Some(Signed { size: lines.next()?.parse().ok()?, root: lines.next()?.to_owned() })
}

/// The name of the journal in its headers.
pub(super) fn origin(lines: &[Vec<u8>]) -> String {
    let origin: Value = line::header(lines.first()).unwrap()["origin"].clone();
    line::text(&origin)
}
