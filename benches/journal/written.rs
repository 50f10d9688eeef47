//! Journals with records of a usual size, signed or not.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use audit_benches::synced_event;
use audit_runtime::journal::{
    Access, DirectoryStorage, Journal, MemoryStorage, Modes, Options, Storage as _,
};
use audit_runtime::{Recorder, SigningKey};

/// What is written at once where nobody measures it.
const BATCH: u64 = 1024;
const SUFFIX_BYTES: usize = 51;

/// The body of a record as a recorder writes it: the inside of its line, behind the journal's own fields.
pub(crate) fn body() -> Vec<u8> {
    let storage = MemoryStorage::new();
    let recorder = Recorder::over(Arc::new(storage.clone())).service("accounts", "1.4.2");
    let recorder = recorder.open().unwrap();
    recorder.record(synced_event()).wait().unwrap();
    let segment = storage.open("seg/00000000000000000000.jsonl", Access::Read).unwrap();
    let mut lines = vec![0; usize::try_from(segment.len().unwrap()).unwrap()];
    segment.read_at(0, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let line = lines.lines().find(|line| line.contains("\"UpdateAccount\"")).unwrap();
    let start = line.find("\"id\":").unwrap();
    line.as_bytes()[start..line.len() - SUFFIX_BYTES].to_vec()
}

/// The key of all journals here.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed("bench.example/audit", [7; 32]).unwrap()
}

/// A signed journal in segments of so many bytes.
pub(crate) fn open(directory: &Path, segment_bytes_max: u64) -> Journal {
    let storage = DirectoryStorage::open(directory, Modes::default()).unwrap();
    let signer = Some(Arc::new(key()) as _);
    let options = Options { segment_bytes_max, signer, ..Options::default() };
    Journal::open(Arc::new(storage), options).unwrap()
}

/// Writes a journal until so many records and bytes are enough, and leaves it as a crash does: nobody
/// closes it.
pub(crate) fn write(
    directory: &Path,
    segment_bytes_max: u64,
    is_enough: impl Fn(u64, u64) -> bool,
) {
    let (body, mut journal, mut bytes) = (body(), open(directory, segment_bytes_max), 0);
    while !is_enough(journal.next_seq(), bytes) {
        (0..BATCH).for_each(|_| journal.append_encoded(&body).unwrap());
        bytes += journal.commit().unwrap().lines.len() as u64;
    }
    journal.tick().unwrap();
}

/// The files of all segments, in their order.
pub(crate) fn segment_files(directory: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(directory.join("seg")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|path| path.extension() == Some("jsonl".as_ref())).collect();
    files.sort();
    files
}

/// What they hold.
pub(crate) fn segments(directory: &Path) -> Vec<Vec<u8>> {
    segment_files(directory).iter().map(|path| fs::read(path).unwrap()).collect()
}
