//! Signs and rewrites journals by the letter of `docs/design.md`, with nothing of what it is to check.

use audit_tlog::{Hash, Note, SigningKey, leaf, node};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::line::{self, Chain};
use crate::watermark;

/// The lines of each segment.
pub(super) type Segments = Vec<Vec<Vec<u8>>>;

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("test/key", [seed; 32]).unwrap()
}

/// All lines without their newlines, segment by segment, with the number that the file is called by.
pub(super) fn lines(storage: &MemoryStorage) -> Vec<(u64, Vec<Vec<u8>>)> {
    let split = |name: String| {
        let bytes = storage.file(&name).unwrap();
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        (name[4..24].parse().unwrap(), lines.map(|line| line[..line.len() - 1].to_vec()).collect())
    };
    let mut names = segments(storage);
    names.retain(|name| name.ends_with(".jsonl"));
    names.into_iter().map(split).collect()
}

/// The hashes of all records as leaves.
pub(super) fn leaves(storage: &MemoryStorage) -> Vec<Hash> {
    lines(storage).iter().flat_map(|(_, lines)| lines).map(|line| leaf(line)).collect()
}

/// The root as RFC 6962, section 2.1, defines it.
pub(super) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::from_bytes(Sha256::digest(b"").into()),
        [one] => *one,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            node(&root(&leaves[..half]), &root(&leaves[half..]))
        }
    }
}

/// The roots of the complete subtrees, the largest first.
fn peaks(mut leaves: &[Hash]) -> Vec<Hash> {
    let mut peaks = Vec::new();
    while !leaves.is_empty() {
        let size = 1 << leaves.len().ilog2();
        peaks.push(root(&leaves[..size]));
        leaves = &leaves[size..];
    }
    peaks
}

pub(super) fn checkpoint(key: &SigningKey, leaves: &[Hash]) -> Note {
    Note::sign(format!("{ORIGIN}\n{}\n{}\n", leaves.len(), root(leaves)), &[key]).unwrap()
}

/// Signs all of a journal: seals, tiles, checkpoints of these sizes, the last one as the newest.
pub(super) fn sign(storage: &MemoryStorage, key: &SigningKey, sizes: &[usize]) {
    let leaves = leaves(storage);
    let notes = sizes.iter().map(|size| checkpoint(key, &leaves[..*size]).to_string());
    let notes: Vec<_> = notes.collect();
    tile(storage, &leaves[..*sizes.last().unwrap()]);
    seal(storage, key, &leaves);
    storage.replace("checkpoint", notes.last().map(|note| note.clone().into_bytes()));
    storage.replace("checkpoints", Some((notes.join("\n") + "\n").into_bytes()));
}

fn seal(storage: &MemoryStorage, key: &SigningKey, leaves: &[Hash]) {
    let segments = lines(storage);
    let mut before = Chain::of_origin(ORIGIN).tip;
    for (first, lines) in &segments[..segments.len() - 1] {
        let end = *first as usize + lines.len();
        let bytes: Vec<u8> =
            lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect();
        let last = line::stated_hash(lines.last().unwrap()).unwrap();
        let leaves = &leaves[..end];
        let peaks: Vec<_> = peaks(leaves).iter().map(Hash::to_string).collect();
        let text = format!(
            "{ORIGIN}\n{end}\n{}\nsegment {first} {} {} {}\nchain {before} {last}\npeaks {}\n",
            root(leaves),
            end - 1,
            bytes.len(),
            STANDARD.encode(Sha256::digest(&bytes)),
            peaks.join(" "),
        );
        let note = Note::sign(text, &[key]).unwrap();
        storage.replace(&format!("seg/{first:020}.seal"), Some(note.to_string().into_bytes()));
        before = last;
    }
}

fn tile(storage: &MemoryStorage, leaves: &[Hash]) {
    let (mut level, mut hashes) = (0, leaves.to_vec());
    while !hashes.is_empty() {
        let bytes = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        storage.replace(&format!("tiles/{level}"), Some(bytes));
        hashes = hashes.chunks_exact(256).map(root).collect();
        level += 1;
    }
}

/// Writes all records anew behind a change of them, so that numbers, hashes, headers and WATERMARK fit: what
/// somebody who can write to the journal can do without a key.
pub(super) fn rewrite(storage: &MemoryStorage, change: impl FnOnce(&mut Segments)) {
    let old = lines(storage);
    for (first, _) in &old {
        storage.replace(&format!("seg/{first:020}.jsonl"), None);
    }
    let mut segments: Segments = old.into_iter().map(|(_, lines)| lines).collect();
    change(&mut segments);
    let mut chain = Chain::of_origin(ORIGIN);
    let mut previous = 0;
    for lines in segments {
        let first = chain.next;
        let mut bytes = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let parsed = line::parse(line).unwrap();
            let body = String::from_utf8(line[parsed.body.clone()].to_vec()).unwrap();
            let body = if at == 0 && first > 0 { header(&body, previous, &chain) } else { body };
            let stamp = line::Stamp { seq: chain.next, ..parsed.stamp };
            chain.extend(&mut bytes, &stamp, body.as_bytes());
        }
        storage.replace(&format!("seg/{first:020}.jsonl"), Some(bytes));
        previous = first;
    }
    watermark::Publisher::open(storage, &chain).unwrap();
}

fn header(body: &str, previous: u64, chain: &Chain) -> String {
    let (before, rest) = body.split_once("\"previous\":{").unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    let Chain { next, tip } = chain;
    let last = next - 1;
    format!(
        "{before}\"previous\":{{\"segment\":\"seg/{previous:020}.jsonl\",\"last_seq\":{last},\"h\":\"{tip}\"}}{after}"
    )
}

/// Replaces a text in the record.
pub(super) fn edit(line: &mut Vec<u8>) {
    let text = String::from_utf8(std::mem::take(line)).unwrap();
    assert!(text.contains("record"), "{text}");
    *line = text.replace("record", "forged").into_bytes();
}
