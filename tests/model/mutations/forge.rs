//! What somebody does who can write to the directory, and perhaps has the keys: all that stands behind a change is made to fit.

use audit_runtime::Digest;
use audit_runtime::journal::MemoryStorage;
use audit_tlog::{Frontier, Hash, Note, SigningKey, leaf};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::made::Made;
use super::shown::{self, Segments};
use crate::simulation::line;

/// Numbers and chains the lines anew from their beginning on, with headers, names of files and WATERMARK to fit.
pub(super) fn chain(storage: &MemoryStorage, segments: Segments) {
    chain_with(storage, segments, |next, _| Some(next));
}

/// Leaves this record out and chains the others anew, each with the number that it had.
pub(super) fn chain_but(storage: &MemoryStorage, segments: Segments, gone: &[u8]) {
    chain_with(storage, segments, |_, line| shown::seq(line).filter(|_| line != gone));
}

/// The same with the number that `number` gives to each line; without one it is left out.
fn chain_with(
    storage: &MemoryStorage,
    segments: Segments,
    number: impl Fn(u64, &[u8]) -> Option<u64>,
) {
    let is_segment = |name: &&String| name.ends_with(".jsonl") && name.starts_with("seg/");
    for name in storage.names().iter().filter(is_segment) {
        storage.replace(name, None);
    }
    let all: Vec<Vec<u8>> = segments.iter().flat_map(|(_, lines)| lines.clone()).collect();
    let Some((mut next, mut tip)) = shown::beginning(&all) else { return };
    let mut previous = None;
    for (_, lines) in segments.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        let (mut first, mut bytes) = (None, Vec::new());
        for line in lines {
            let Some(own) = number(next, &line) else { continue };
            let mut line = numbered(&line, own);
            let opens = first.is_none() && line::action(&line) == line::HEADER;
            if let Some(end) = previous.filter(|_| opens) {
                line = joined(&line, end, next - 1, &tip);
            }
            first.get_or_insert(own);
            tip = shown::linked(&tip, &line);
            line.truncate(line.len() - 51);
            bytes.extend_from_slice(
                &[&line[..], format!(",\"h\":\"{tip}\"}}\n").as_bytes()].concat(),
            );
            next = own + 1;
        }
        let Some(first) = first else { continue };
        storage.replace(&line::segment(first), Some(bytes));
        previous = Some(first);
    }
    mark(storage, next, &tip);
}

/// The line with another number.
fn numbered(line: &[u8], number: u64) -> Vec<u8> {
    let comma = |line: &[u8]| line.iter().position(|byte| *byte == b',').unwrap_or(line.len());
    let version = comma(line);
    let rest = line.get(version + 1..).unwrap_or_default();
    let rest = &rest[comma(rest)..];
    [format!("{{\"v\":1,\"seq\":{number}").as_bytes(), rest].concat()
}

/// A header that names another end before it.
fn joined(line: &[u8], segment: u64, last: u64, tip: &Digest) -> Vec<u8> {
    let text = String::from_utf8(line.to_vec()).unwrap();
    let (before, rest) = text.split_once("\"previous\":{").unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    let segment = line::segment(segment);
    format!("{before}\"previous\":{{\"segment\":\"{segment}\",\"last_seq\":{last},\"h\":\"{tip}\"}}{after}").into_bytes()
}

fn mark(storage: &MemoryStorage, next: u64, tip: &Digest) {
    let covered = format!("{next:020} {next:020}\n{tip} ");
    let check = Digest::of(covered.as_bytes()).to_string();
    storage.replace("WATERMARK", Some(format!("{covered}{}\n", &check[..22]).into_bytes()));
}

/// Makes all tiles anew.
pub(super) fn tile(storage: &MemoryStorage, leaves: &[Hash]) {
    for name in storage.names().iter().filter(|name| name.starts_with("tiles/")) {
        storage.replace(name, None);
    }
    let (mut level, mut hashes) = (0, leaves.to_vec());
    while !hashes.is_empty() {
        let bytes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        storage.replace(&format!("tiles/{level}"), Some(bytes));
        hashes = hashes.chunks_exact(256).map(|tile| tree(tile).root()).collect();
        level += 1;
    }
}

/// Signs all of it anew, with the keys that signed so far up to each place.
pub(super) fn sign(storage: &MemoryStorage, made: &Made) {
    let lines = shown::lines(storage);
    let leaves: Vec<Hash> = lines.iter().map(|line| leaf(line)).collect();
    let origin = shown::origin(&lines);
    for name in
        storage.names().iter().filter(|name| name.ends_with(".seal") && name.starts_with("seg/"))
    {
        storage.replace(name, None);
    }
    tile(storage, &leaves);
    let segments = shown::segments(storage);
    let mut before = Digest::of(origin.as_bytes());
    let mut sizes = Vec::new();
    for (first, lines) in &segments[..segments.len() - 1] {
        let end = *first as usize + lines.len();
        let bytes: Vec<u8> =
            lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect();
        let last = Digest::parse(&line::hash(lines.last().unwrap())).unwrap();
        let tree = tree(&leaves[..end]);
        let peaks: Vec<_> = tree.peaks().iter().map(Hash::to_string).collect();
        let text = format!(
            "{origin}\n{end}\n{}\nsegment {first} {} {} {}\nchain {before} {last}\npeaks {}\n",
            tree.root(),
            end - 1,
            bytes.len(),
            STANDARD.encode(Digest::of(&bytes).as_bytes()),
            peaks.join(" "),
        );
        let note = Note::sign(text, &[key(made, end as u64)]).unwrap();
        storage.replace(&format!("seg/{first:020}.seal"), Some(note.to_string().into_bytes()));
        before = last;
        sizes.push(end);
    }
    sizes.push(leaves.len());
    let notes = sizes.iter().map(|size| checkpoint(made, &origin, &leaves[..*size]).to_string());
    let notes: Vec<_> = notes.collect();
    storage.replace("checkpoint", notes.last().map(|note| note.clone().into_bytes()));
    storage.replace("checkpoints", Some((notes.join("\n") + "\n").into_bytes()));
}

/// A checkpoint of these records.
pub(super) fn checkpoint(made: &Made, origin: &str, leaves: &[Hash]) -> Note {
    let text = format!("{origin}\n{}\n{}\n", leaves.len(), tree(leaves).root());
    Note::sign(text, &[key(made, leaves.len() as u64)]).unwrap()
}

fn key(made: &Made, size: u64) -> &SigningKey {
    &made.signers.iter().rev().find(|(from, _)| *from < size).unwrap().1
}

fn tree(leaves: &[Hash]) -> Frontier {
    let mut tree = Frontier::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    tree
}
