//! Random damage to a journal: verification finds it and names the record it was done to.

use std::sync::Arc;

use audit_runtime::journal::{Journal, Kind, MemoryStorage, Options, verify};
use proptest::prelude::*;
use proptest::sample::Index;

proptest! {
    #![proptest_config(crate::config(300))]

    #[test]
    fn a_flipped_bit_is_found_in_its_record(
        batches in batches(),
        place in any::<Index>(),
        bit in 0..8,
    ) {
        let storage = journal(&batches);
        let (name, mut lines) = segment(&storage, &place);
        let length = lines.concat().len();
        let mut offset = place.index(length);
        let mut seq: u64 = name[4..24].parse().unwrap();
        for line in &mut lines {
            if offset < line.len() {
                line[offset] ^= 1_u8 << bit;
                break;
            }
            offset -= line.len();
            seq += 1;
        }
        storage.replace(&name, Some(lines.concat()));
        let findings = verify(&storage).unwrap().findings;
        let first = findings.iter().find(|finding| !finding.kind.is_warning());
        prop_assert_eq!(first.map(|finding| finding.seq), Some(seq), "{:?}", findings);
    }

    #[test]
    fn a_deleted_doubled_or_swapped_line_is_found(
        batches in batches(),
        place in any::<Index>(),
        other in any::<Index>(),
        way in 0..3,
    ) {
        let storage = journal(&batches);
        let (name, mut lines) = segment(&storage, &place);
        let (one, two) = (place.index(lines.len()), other.index(lines.len()));
        let first: u64 = name[4..24].parse().unwrap();
        let touched = [first + one as u64, first + two as u64];
        let kinds: &[Kind] = match way {
            0 => {
                lines.remove(one);
                &[Kind::Missing, Kind::Truncated]
            }
            1 => {
                lines.insert(two, lines[one].clone());
                &[Kind::Inserted]
            }
            _ => {
                prop_assume!(one != two);
                lines.swap(one, two);
                &[Kind::Reordered, Kind::Edited]
            }
        };
        storage.replace(&name, Some(lines.concat()));
        let findings = verify(&storage).unwrap().findings;
        let named = findings.iter().any(|finding| {
            touched.contains(&finding.seq) && kinds.contains(&finding.kind)
        });
        prop_assert!(named, "way {}, lines {:?}: {:?}", way, touched, findings);
    }
}

fn batches() -> impl Strategy<Value = Vec<Vec<u16>>> {
    prop::collection::vec(prop::collection::vec(0_u16..300, 1..5), 1..12)
}

/// A closed journal with one record of each length in each batch.
fn journal(batches: &[Vec<u16>]) -> MemoryStorage {
    let storage = MemoryStorage::new();
    let options = Options { segment_bytes_max: 2_000, reserve_bytes: 0, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
    for batch in batches {
        for length in batch {
            let body = format!("\"fill\":\"{}\"", "y".repeat(usize::from(*length)));
            journal.append(body.as_bytes()).unwrap();
        }
        journal.commit().unwrap();
    }
    journal.close().unwrap();
    storage
}

/// One segment with its lines, newlines included.
fn segment(storage: &MemoryStorage, place: &Index) -> (String, Vec<Vec<u8>>) {
    let mut names = storage.names();
    names.retain(|name| name.starts_with("seg/"));
    let name = place.get(&names).clone();
    let bytes = storage.file(&name).unwrap();
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    (name, lines.map(<[u8]>::to_vec).collect())
}
