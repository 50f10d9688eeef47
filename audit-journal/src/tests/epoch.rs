//! Epochs: a journal that cannot go on is kept byte for byte, named by the one that follows, and never lost.

use super::verify_signed::trust;
use super::*;
use crate::{Cause, EpochState, Kind, OnDamage, segment, verify, verify_epochs, verify_signed};

fn going_on() -> Options {
    Options { on_damage: OnDamage::NewEpoch, ..options() }
}

fn go_on(storage: &MemoryStorage) -> Journal {
    Journal::open(Arc::new(storage.clone()), going_on()).unwrap()
}

/// A closed journal of several segments with a changed record in the last one.
fn damaged() -> MemoryStorage {
    let storage = finished();
    damage(&storage);
    storage
}

fn damage(storage: &MemoryStorage) {
    let last = segments(storage).pop().unwrap();
    tamper(storage, &last, |bytes| {
        let place = bytes.iter().position(|byte| *byte == b'{').unwrap() + 60;
        bytes[place] ^= 1;
    });
}

/// All files with what is in them, but for the lock's.
fn files(storage: &MemoryStorage, prefix: &str) -> Vec<(String, Vec<u8>)> {
    let named =
        |name: &String| Some((name.strip_prefix(prefix)?.to_owned(), storage.file(name).unwrap()));
    storage.names().iter().filter_map(named).collect()
}

fn first_header(storage: &MemoryStorage) -> serde_json::Value {
    serde_json::from_slice(read(storage)[0].bytes()).unwrap()
}

#[test]
fn a_damaged_journal_is_kept_as_it_is_and_a_new_epoch_names_it() {
    let storage = damaged();
    let before = files(&storage, "");
    let journal = go_on(&storage);
    let aside = journal.set_aside().unwrap().clone();
    assert_eq!((aside.epoch, aside.cause, aside.damage), (0, Cause::Damage, 1));
    assert!(aside.reason.contains("is damaged at seq"), "{}", aside.reason);
    assert_eq!(journal.origin(), "test/journal#1");
    journal.close().unwrap();

    let mut after = files(&storage, "epochs/0/");
    after.retain(|(name, _)| name != "EPOCH");
    assert!(after == before, "the older epoch is not what it was");
    assert_eq!(story(&storage), ["journal.segment", "journal.start", "journal.stop"]);
    let header = first_header(&storage);
    let told = &header["journal"]["epoch"];
    assert_eq!((&header["journal"]["reason"], &told["number"]), (&"epoch".into(), &1.into()));
    assert_eq!(told["previous"]["directory"], "epochs/0");
    assert_eq!(told["previous"]["origin"], ORIGIN);
    assert_eq!(told["previous"]["places"][0]["kind"], "edited");
    assert_eq!(told["previous"]["last_seq"], aside.last_seq.unwrap());
    assert!(verify(&storage).unwrap().is_intact());
    // What was written down of it is still true when the power is cut.
    storage.crash(0);
    assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Unchanged);
    // The same origin is still the one to configure, and no second epoch begins.
    let again = go_on(&storage);
    assert_eq!((again.set_aside(), again.origin()), (None, "test/journal#1"));
}

#[test]
fn only_damage_begins_an_epoch_and_only_if_it_was_asked_for() {
    let storage = damaged();
    let before = files(&storage, "");
    assert!(matches!(open(&storage).unwrap_err(), Error::Damaged { .. }));
    let other = Options { origin: Some("another".into()), ..going_on() };
    let error = Journal::open(Arc::new(storage.clone()), other).unwrap_err();
    assert!(matches!(error, Error::Origin { .. }), "another service's journal was set aside");
    let holder = storage.lock("someone").unwrap();
    let error = Journal::open(Arc::new(storage.clone()), going_on()).unwrap_err();
    assert!(matches!(error, Error::InUse { .. }));
    drop(holder);
    assert!(files(&storage, "") == before);

    let whole = finished();
    let journal = go_on(&whole);
    assert!(journal.set_aside().is_none() && names(&whole, "epochs/").is_empty());
}

#[test]
fn lost_acknowledged_records_begin_an_epoch_too() {
    for first_is_left in [true, false] {
        let storage = finished();
        for name in segments(&storage).into_iter().skip(usize::from(first_is_left)) {
            storage.replace(&name, None);
        }
        let journal = go_on(&storage);
        let aside = journal.set_aside().unwrap();
        assert!(aside.reason.contains("were acknowledged"), "{}", aside.reason);
        assert!(aside.acknowledged > aside.records);
        assert_eq!(aside.places[0].kind, Kind::Truncated);
        drop(journal);
        assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Unchanged);
    }
}

#[test]
fn a_crash_between_any_two_steps_is_finished_by_the_next_start() {
    for is_power_cut in [false, true] {
        let (mut steps, mut dropped) = (0, 0);
        for allowed in 0.. {
            let storage = Faulty { inner: damaged(), ..Faulty::new() };
            storage.inner.crash(usize::MAX);
            let before = files(&storage.inner, "");
            storage.faults.changes_left.store(allowed, Ordering::Relaxed);
            let opened = Journal::open(Arc::new(storage.clone()), going_on());
            let is_done = opened.is_ok();
            drop(opened);
            if is_power_cut {
                storage.inner.crash(allowed as usize % 7);
            }
            let is_begun = check_after_crash(&storage.inner, &before);
            if is_done {
                break;
            }
            steps += 1;
            dropped += usize::from(!is_begun);
        }
        // Draft, four parts, its final name, and the first batch: each is more than one step.
        assert!(steps >= 10, "only {steps} steps were interrupted");
        assert!(dropped < steps);
    }
}

/// Starts again without `new_epoch`, then with it; true if the change had to be finished.
fn check_after_crash(storage: &MemoryStorage, before: &[(String, Vec<u8>)]) -> bool {
    let is_begun = match open(storage) {
        Ok(journal) => {
            assert_eq!(journal.origin(), "test/journal#1");
            true
        }
        // Nothing was moved yet, so the journal is as it was.
        Err(Error::Damaged { .. }) => {
            let mut now = files(storage, "");
            now.retain(|(name, _)| !name.starts_with("epochs/"));
            assert!(now == before, "a refusal has changed the journal");
            false
        }
        Err(error) => panic!("{error}"),
    };
    go_on(storage).close().unwrap();
    let mut after = files(storage, "epochs/0/");
    after.retain(|(name, _)| name != "EPOCH");
    assert!(after == before, "the older epoch is not what it was");
    assert!(names(storage, "epochs/1/").is_empty(), "a second epoch was set aside");
    assert_eq!(first_header(storage)["journal"]["epoch"]["number"], 1);
    let older = verify_epochs(storage).unwrap();
    assert_eq!((older.len(), older[0].state), (1, EpochState::Unchanged));
    assert!(verify(storage).unwrap().is_intact());
    is_begun
}

#[test]
fn a_draft_that_a_crash_left_binds_nobody_once_the_journal_is_mended() {
    let storage = Faulty { inner: damaged(), ..Faulty::new() };
    let last = segments(&storage.inner).pop().unwrap();
    // Every file synced, the draft created, cut, written and synced; then nothing more.
    let steps = storage.inner.names().len() as i64 + 4;
    storage.faults.changes_left.store(steps, Ordering::Relaxed);
    Journal::open(Arc::new(storage.clone()), going_on()).unwrap_err();
    let storage = storage.inner;
    assert!(storage.file("epochs/0/MOVING").unwrap().ends_with(b"\n"));
    tamper(&storage, &last, |bytes| {
        let place = bytes.iter().position(|byte| *byte == b'{').unwrap() + 60;
        bytes[place] ^= 1;
    });
    let mut journal = go_on(&storage);
    assert!(journal.set_aside().is_none());
    write(&mut journal, ["after all"]);
    journal.close().unwrap();
    damage(&storage);
    go_on(&storage).close().unwrap();
    assert_eq!(verify_epochs(&storage).unwrap()[0].state, EpochState::Unchanged);
}

#[test]
fn what_was_set_aside_cannot_be_exchanged_unseen() {
    let storage = damaged();
    for _ in 0..3 {
        let mut journal = go_on(&storage);
        write(&mut journal, ["one more"]);
        journal.close().unwrap();
        damage(&storage);
    }
    go_on(&storage).close().unwrap();
    let states = |storage: &MemoryStorage| -> Vec<(u64, &'static str)> {
        let found = verify_epochs(storage).unwrap();
        found.iter().map(|older| (older.epoch, older.state.name())).collect()
    };
    let unchanged = |epoch| (epoch, "unchanged");
    assert_eq!(states(&storage), [3, 2, 1, 0].map(unchanged));
    let change = |name: &str, bytes: Option<Vec<u8>>| {
        let copy = storage.snapshot();
        copy.replace(name, bytes);
        copy
    };
    for name in names(&storage, "epochs/") {
        let epoch = name.split('/').nth(1).unwrap().parse().unwrap();
        let mut bytes = storage.file(&name).unwrap();
        bytes[0] ^= 1;
        for copy in [change(&name, Some(bytes)), change(&name, None)] {
            let found = states(&copy);
            let state = found.iter().find(|(number, _)| *number == epoch).unwrap().1;
            let is_gone = copy.file(&name).is_none() && name.ends_with("/EPOCH");
            assert_eq!(state, if is_gone { "missing" } else { "changed" }, "{name}");
            assert!(
                found.iter().filter(|(number, _)| *number > epoch).all(|(_, s)| *s == "unchanged")
            );
        }
    }
    let added = change("epochs/1/seg/00000000000000000099.jsonl", Some(Vec::new()));
    assert_eq!(states(&added)[2], (1, "changed"));
    // Without the record that names them, they are found all the same.
    let copy = storage.snapshot();
    tamper(&copy, &segment::name(0), |bytes| bytes[0] ^= 1);
    assert_eq!(states(&copy)[0], (3, "unnamed"));
}

#[test]
fn a_person_may_begin_an_epoch_over_a_journal_without_damage() {
    let storage = finished();
    let reason = format!("restored\u{1b}[2J {}", "x".repeat(5000));
    let shared = Arc::new(storage.clone());
    let unnamed = Options { origin: None, ..options() };
    let journal = Journal::adopt(shared.clone(), unnamed.clone(), reason).unwrap();
    assert_eq!(journal.origin(), "test/journal#1");
    assert_eq!(journal.set_aside().unwrap().reason.len(), 1024);
    journal.close().unwrap();
    let text = storage.file(&segment::name(0)).unwrap();
    assert!(!text.contains(&0x1b), "the reason is not escaped");
    let header = first_header(&storage);
    assert_eq!(header["journal"]["epoch"]["previous"]["cause"], "adopted");
    let error = Journal::repair(shared, unnamed.clone()).unwrap_err();
    assert!(matches!(error, Error::Intact { .. }));
    let nothing = Journal::adopt(Arc::new(MemoryStorage::new()), unnamed, "why").unwrap_err();
    assert!(matches!(nothing, Error::NoJournal { .. }));
}

#[test]
fn a_repair_names_every_damaged_place() {
    let storage = finished();
    // Damage in an earlier segment, which a start does not look for, and in the last one.
    tamper(&storage, &segment::name(0), |bytes| bytes[700] ^= 1);
    damage(&storage);
    let expected = verify(&storage).unwrap().findings;
    assert_eq!(expected.len(), 2);
    let journal = Journal::repair(Arc::new(storage.clone()), options()).unwrap();
    let aside = journal.set_aside().unwrap();
    assert_eq!((aside.cause, &aside.places), (Cause::Repaired, &expected));
    journal.close().unwrap();
    let older = verify_epochs(&storage).unwrap();
    assert_eq!(older[0].stated.as_ref().unwrap().places, expected);
}

#[test]
fn numbers_of_epochs_are_not_used_again_when_older_ones_were_put_elsewhere() {
    let storage = damaged();
    go_on(&storage).close().unwrap();
    for name in names(&storage, "epochs/") {
        storage.replace(&name, None);
    }
    let journal = Journal::adopt(Arc::new(storage.clone()), options(), "again").unwrap();
    assert_eq!((journal.origin(), journal.set_aside().unwrap().epoch), ("test/journal#2", 1));
    drop(journal);
    let older = verify_epochs(&storage).unwrap();
    let states: Vec<_> = older.iter().map(|older| (older.epoch, older.state.name())).collect();
    assert_eq!(states, [(1, "unchanged"), (0, "missing")]);
}

#[test]
fn a_writer_waits_as_long_as_it_may_and_then_names_the_holder() {
    let storage = MemoryStorage::new();
    let holder = open(&storage).unwrap();
    let waiting = Options { lock_wait: std::time::Duration::from_millis(300), ..options() };
    let asked = std::time::Instant::now();
    let error = Journal::open(Arc::new(storage.clone()), waiting.clone()).unwrap_err();
    assert!(asked.elapsed().as_millis() >= 300);
    assert!(error.to_string().contains("test writer"), "{error}");
    let waiter = std::thread::spawn(move || {
        let waiting = Options { lock_wait: std::time::Duration::from_secs(60), ..waiting };
        Journal::open(Arc::new(storage), waiting).map(|journal| journal.next_seq())
    });
    std::thread::sleep(std::time::Duration::from_millis(120));
    holder.close().unwrap();
    assert_eq!(waiter.join().unwrap().unwrap(), 4);
}

#[test]
fn a_reader_of_the_older_epoch_is_told_and_does_not_wait_for_ever() {
    let storage = finished();
    let mut at_end = cursor(&storage, 0);
    while at_end.next().unwrap().is_some() {}
    let mut in_the_middle = cursor(&storage, 3);
    in_the_middle.next().unwrap();
    let journal = Journal::adopt(Arc::new(storage.clone()), options(), "moved").unwrap();
    for cursor in [&mut at_end, &mut in_the_middle] {
        let ended =
            std::iter::repeat_with(|| cursor.next()).find(|next| !matches!(next, Ok(Some(_))));
        let error = ended.unwrap().unwrap_err().to_string();
        assert!(error.contains("lies in epochs/0 now"), "{error}");
    }
    let mut cursor = cursor(&storage, 0);
    assert!(cursor.next().unwrap().is_some());
    drop(journal);
    while cursor.next().unwrap().is_some() {}
    for name in names(&storage, "epochs/") {
        storage.replace(&name, None);
    }
    assert!(
        cursor.next().unwrap().is_none(),
        "older epochs that were put elsewhere are no new one"
    );
}

#[test]
fn an_epoch_behind_which_none_has_begun_is_no_change() {
    let storage = finished();
    Journal::adopt(Arc::new(storage.clone()), options(), "a test").unwrap().close().unwrap();
    let header = storage.file(&segment::name(0)).unwrap();
    // A crash came before the first batch, or into it.
    for name in storage.names().iter().filter(|name| !name.starts_with("epochs/")) {
        storage.replace(name, None);
    }
    let states = |storage: &MemoryStorage| {
        let states = verify_epochs(storage).unwrap();
        states.iter().map(|older| older.state).collect::<Vec<_>>()
    };
    for torn in [None, Some(vec![]), Some(header[..100].to_vec())] {
        storage.replace(&segment::name(0), torn);
        assert_eq!(states(&storage), [EpochState::Unchanged]);
    }
    // What was kept of the older one is not held against it.
    let note = naive::checkpoint(&naive::key(1), &naive::leaves(&finished()));
    let trust = trust(&[&naive::key(1)], &[note]);
    let told = verify_signed(&storage, &trust);
    assert!(matches!(told, Err(Error::Unsigned { .. })), "{told:?}");
    let changed = storage.snapshot();
    tamper(&changed, "epochs/0/WATERMARK", |bytes| bytes[3] ^= 1);
    assert_eq!(states(&changed), [EpochState::Changed]);
    // One that had begun, and is gone, is not taken for it.
    storage.replace("checkpoint", Some(b"signed".to_vec()));
    storage.replace(&segment::name(0), None);
    assert_eq!(states(&storage), [EpochState::Unnamed]);
    storage.replace("checkpoint", None);
    Journal::open(Arc::new(storage.clone()), options()).unwrap().close().unwrap();
    assert_eq!(states(&storage), [EpochState::Unchanged]);
    assert_eq!(first_header(&storage)["journal"]["epoch"]["number"], 1);
}
