//! A verifier that was written in Python from the documentation alone, beside the one of this project: they must agree.
//!
//! This test needs Python and its package cryptography.

#![allow(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use audit_runtime::journal::{
    self, DirectoryStorage, Error, Finding, Journal, Kind, Modes, Options, Trust, Verification,
};
use audit_tlog::{Signer as _, SigningKey};
use serde_json::Value;

const INSTALL: &str = "python3 -m pip install cryptography";
const COPIES: u64 = 150;

/// Runs a program of this folder.
fn python(program: &str, arguments: &[&str]) -> Output {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("second").join(program);
    let ended = Command::new("python3").arg("-B").arg(program).args(arguments).output();
    let ended = ended.unwrap_or_else(|error| panic!("no python3: {error}"));
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(!told.contains(INSTALL), "a package of Python is missing; run: {INSTALL}");
    ended
}

fn key() -> SigningKey {
    SigningKey::from_seed("example.com/second", [7; 32]).unwrap()
}

fn vkey() -> String {
    key().verifier().to_string()
}

fn open(directory: &Path) -> Journal {
    let storage = DirectoryStorage::open(directory, Modes::default()).unwrap();
    let options = Options {
        origin: Some("example.com/second".into()),
        segment_bytes_max: 4_000,
        reserve_bytes: 0,
        signer: Some(Arc::new(key())),
        ..Options::default()
    };
    Journal::open(Arc::new(storage), options).unwrap()
}

/// Writes a closed journal of two runs and several segments.
fn written(directory: &Path) {
    for _ in 0..2 {
        let mut journal = open(directory);
        for number in 0..30 {
            journal.append(format!("\"number\":{number}").as_bytes()).unwrap();
            if number % 3 == 2 {
                journal.commit().unwrap();
                journal.tick().unwrap();
            }
        }
        journal.close().unwrap();
    }
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(directory: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

/// Numbers that follow from a seed (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }
}

/// Changes one file that counts, and says how.
fn tamper(directory: &Path, seed: u64) -> String {
    let numbers = &mut Numbers(seed);
    let counts = |path: &&PathBuf| {
        let name = path.strip_prefix(directory).unwrap();
        name.starts_with("seg") || name.starts_with("checkpoint")
    };
    let all = files(directory);
    let names: Vec<&PathBuf> = all.keys().filter(counts).collect();
    let name = names[numbers.below(names.len())];
    let mut bytes = all[name].clone();
    let is_segment = name.extension().is_some_and(|ending| ending == "jsonl");
    let how = if is_segment { numbers.below(7) } else { 0 };
    let mut lines: Vec<&[u8]> = all[name].split_inclusive(|byte| *byte == b'\n').collect();
    let (one, other) = (numbers.below(lines.len()), numbers.below(lines.len()));
    match how {
        0..=2 => {
            let at = numbers.below(bytes.len());
            bytes[at] ^= 1 << numbers.below(8);
            fs::write(name, bytes).unwrap();
            return format!("{}: a bit of byte {at}", name.display());
        }
        3 => _ = lines.remove(one),
        4 => lines.insert(other, lines[one]),
        5 => lines.swap(one, other),
        _ => lines.truncate(one),
    }
    fs::write(name, lines.concat()).unwrap();
    format!("{}: change {how} of lines {one} and {other}", name.display())
}

/// The level reached, none where there is damage, and the first record that is named, but for what notes were not signed.
type Verdict = (Option<String>, Option<u64>);

fn of_rust(found: Result<Verification, Error>) -> Verdict {
    let found = found.unwrap();
    let is_record =
        |finding: &&Finding| !finding.kind.is_warning() && finding.kind != Kind::Unsigned;
    let first = found.findings.iter().filter(is_record).map(|finding| finding.seq).min();
    (found.level().map(|level| level.name().to_owned()), first)
}

fn of_python(directory: &Path) -> Verdict {
    let ended = python("verify.py", &[directory.to_str().unwrap(), "--key", &vkey()]);
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    let others = ["clock", "watermark", "tiles", "superseded", "unsigned"];
    let records = report["findings"].as_array().unwrap().iter();
    let records = records.filter(|finding| !others.contains(&finding["kind"].as_str().unwrap()));
    let first = records.map(|finding| finding["seq"].as_u64().unwrap()).min();
    let level = report["level"].as_str().map(str::to_owned);
    assert_eq!(ended.status.code() == Some(1), level.is_none(), "{report}");
    (level, first)
}

#[test]
fn the_second_verifier_passes_its_own_tests() {
    let ended = python("tests.py", &[]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn both_verifiers_say_the_same_of_journals_that_were_changed() {
    let place = tempfile::tempdir().unwrap();
    let journal = place.path().join("journal");
    written(&journal);
    let trust = Trust { keys: vec![key().verifier().clone()], ..Trust::default() };
    let judge = || {
        let storage = DirectoryStorage::read_only(&journal);
        (of_rust(journal::verify_signed(&storage, &trust)), of_python(&journal))
    };
    let whole = (Some("L2".to_owned()), None);
    assert_eq!(judge(), (whole.clone(), whole));
    let whole = files(&journal);
    let mut apart = Vec::new();
    for seed in 0..COPIES {
        let how = tamper(&journal, seed);
        let (rust, python) = judge();
        if rust != python {
            apart.push(format!("seed {seed}, {how}: {rust:?} and {python:?}"));
        }
        for (path, bytes) in &whole {
            fs::write(path, bytes).unwrap();
        }
    }
    assert!(apart.is_empty(), "{} of {COPIES}:\n{}", apart.len(), apart.join("\n"));
}

#[test]
fn proofs_of_the_first_are_verified_by_the_second() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("journal");
    written(&directory);
    let storage = DirectoryStorage::read_only(&directory);
    let lines: Vec<u8> = files(&directory.join("seg"))
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|ending| ending == "jsonl"))
        .flat_map(|(_, bytes)| bytes)
        .collect();
    let (proof, line) = (place.path().join("proof"), place.path().join("line"));
    let verify = |record: &[u8]| {
        fs::write(&line, record).unwrap();
        let files = [proof.to_str().unwrap(), "--line", line.to_str().unwrap()];
        let ended =
            python("verify.py", &["--proof", files[0], files[1], files[2], "--key", &vkey()]);
        ended.status.code()
    };
    let lines: Vec<&[u8]> = lines.split_inclusive(|byte| *byte == b'\n').collect();
    for (seq, record) in lines.iter().enumerate().step_by(7) {
        fs::write(&proof, journal::prove(&storage, seq as u64).unwrap().to_string()).unwrap();
        assert_eq!(verify(record), Some(0), "record {seq}");
        assert_eq!(verify(lines[(seq + 1) % lines.len()]), Some(1), "record {seq}");
    }
}
