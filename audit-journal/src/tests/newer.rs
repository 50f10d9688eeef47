//! What a later version has written is refused by everybody, and told from a changed record.

use sha2::{Digest as _, Sha256};

use super::naive::rewrite;
use super::*;
use crate::line::{self, Chain};
use crate::{EpochState, Kind, OnDamage, verify, verify_epochs, verify_lines};

/// The line as version 2 may write it, behind the chain.
fn later(line: &[u8], chain: &mut Chain) -> Vec<u8> {
    let text = std::str::from_utf8(line::hashed(line)).unwrap();
    let text = text.replacen("{\"v\":1,\"seq\":", "{\"v\":2,\"seq\":", 1);
    let text = text.replacen("\"observed\"", "\"seen\"", 1);
    let hash = line::link(&chain.tip, text.as_bytes());
    *chain = Chain { next: chain.next + 1, tip: hash };
    format!("{text},\"h\":\"{hash}\"}}\n").into_bytes()
}

/// Writes the records from `first` on as version 2 has them, in the segment that they stand in.
fn written_later(storage: &MemoryStorage, first: u64) {
    let name =
        segments(storage).into_iter().rfind(|name| name[4..24].parse::<u64>().unwrap() <= first);
    let (name, mut chain) = (name.unwrap(), Chain::of_origin(ORIGIN));
    for line in read(storage).iter().take(usize::try_from(first).unwrap()) {
        chain = Chain { next: line.seq() + 1, tip: line::stated_hash(line.bytes()).unwrap() };
    }
    let begin: u64 = name[4..24].parse().unwrap();
    tamper(storage, &name, |bytes| {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
        let (kept, rest) = lines.split_at(usize::try_from(first - begin).unwrap());
        let rest = rest.iter().map(|line| later(&line[..line.len() - 1], &mut chain));
        *bytes = kept.iter().map(|line| line.to_vec()).chain(rest).collect::<Vec<_>>().concat();
    });
}

fn check(error: &Error, what: &str) {
    let Error::Newer { version: 2, .. } = error else { panic!("{what}: {error}") };
    let told = error.to_string();
    assert!(told.contains("version 2") && told.contains("knows version 1"), "{told}");
    assert!(told.contains("use the version of `audited` that wrote it"), "{told}");
}

/// Everybody refuses it, and it stays as it is.
fn check_refused(storage: &MemoryStorage) {
    let before: Vec<_> =
        storage.names().into_iter().map(|name| (storage.file(&name), name)).collect();
    check(&verify(storage).unwrap_err(), "verify");
    for on_damage in [OnDamage::Refuse, OnDamage::NewEpoch] {
        let options = Options { on_damage, ..options() };
        check(&Journal::open(Arc::new(storage.clone()), options).unwrap_err(), "a start");
    }
    let adopted = Journal::adopt(Arc::new(storage.clone()), options(), "a new start");
    check(&adopted.unwrap_err(), "adopt");
    let reader = Reader::over(Arc::new(storage.clone()));
    let read = reader.cursor(0).and_then(|mut cursor| {
        while cursor.next()?.is_some() {}
        Ok(())
    });
    check(&read.unwrap_err(), "a cursor");
    let after: Vec<_> =
        storage.names().into_iter().map(|name| (storage.file(&name), name)).collect();
    assert!(before == after);
}

#[test]
fn lines_of_a_later_version_are_refused_by_everybody_wherever_they_begin() {
    let whole = finished();
    let end = read(&whole).len() as u64;
    let last: u64 = segments(&whole).pop().unwrap()[4..24].parse().unwrap();
    for first in [0, last, last + 1, end - 1] {
        let storage = whole.snapshot();
        written_later(&storage, first);
        // A whole journal of a later version has one segment here.
        if first == 0 {
            segments(&storage).into_iter().skip(1).for_each(|name| storage.replace(&name, None));
        }
        check_refused(&storage);
    }
}

#[test]
fn a_front_that_a_later_version_has_pruned_is_no_damage() {
    let storage = finished();
    let last: u64 = segments(&storage).pop().unwrap()[4..24].parse().unwrap();
    written_later(&storage, last);
    storage.replace(&segments(&storage)[0], None);
    let error = open(&storage).unwrap_err();
    check(&error, "a start");
    check(&verify(&storage).unwrap_err(), "verify");
}

#[test]
fn a_later_version_whose_hash_does_not_follow_is_an_edited_record() {
    let whole = finished();
    let last = segments(&whole).pop().unwrap();
    for name in [&segments(&whole)[0], &last] {
        let storage = whole.snapshot();
        tamper(&storage, name, |bytes| bytes[5] = b'2');
        let first = name[4..24].parse().unwrap();
        let found = verify(&storage).unwrap().findings;
        assert_eq!((found[0].kind, found[0].seq), (Kind::Edited, first));
        assert!(matches!(open(&storage).unwrap_err(), Error::Damaged { .. }));
    }
}

#[test]
fn lines_from_elsewhere_are_refused_as_well() {
    let storage = finished();
    written_later(&storage, read(&storage).len() as u64 - 2);
    let lines: Vec<u8> =
        segments(&storage).iter().flat_map(|name| storage.file(name).unwrap()).collect();
    let error = verify_lines(io::Cursor::new(lines)).unwrap_err();
    assert!(error.to_string().contains("has version 2 of the format"), "{error}");
}

#[test]
fn an_epoch_that_a_later_version_has_set_aside_is_refused() {
    for is_draft in [false, true] {
        let storage = finished();
        drop(Journal::adopt(Arc::new(storage.clone()), options(), "restored").unwrap());
        let whole = storage.file("epochs/0/EPOCH").unwrap();
        tamper(&storage, "epochs/0/EPOCH", |bytes| {
            let text = String::from_utf8(std::mem::take(bytes)).unwrap();
            *bytes = text.replacen("{\"v\":1", "{\"v\":2,\"more\":[]", 1).into_bytes();
        });
        if is_draft {
            storage.replace("epochs/0/MOVING", storage.file("epochs/0/EPOCH"));
            storage.replace("epochs/0/EPOCH", None);
            check(&open(&storage).unwrap_err(), "a start");
        } else {
            // One that the journal does not name is a changed file.
            assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Changed);
            let digest = |bytes: Vec<u8>| {
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
            };
            let named = digest(whole);
            let later = digest(storage.file("epochs/0/EPOCH").unwrap());
            rewrite(&storage, |segments| {
                let text = String::from_utf8(std::mem::take(&mut segments[0][0])).unwrap();
                segments[0][0] = text.replace(&named, &later).into_bytes();
            });
            check(&verify_epochs(&storage).unwrap_err(), "verify_epochs");
            segments(&storage).iter().for_each(|name| storage.replace(name, None));
            storage.replace("WATERMARK", None);
            check(&open(&storage).unwrap_err(), "a start");
        }
    }
}
