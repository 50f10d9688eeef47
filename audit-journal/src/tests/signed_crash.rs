//! A signed journal whose writers are killed, lose power and meet faults: the next one makes its files good.

use super::signed::{check_files, key, leaves, signed};
use super::signed_start::assert_made_good;
use super::verify_signed::{damage, trust};
use super::*;
use crate::{verify, verify_signed};

/// Random numbers that a seed gives again.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Appends, commits and ticks, until a fault that was planned ends the writer or it has done enough.
fn work(faulty: &Faulty, options: &Options, random: &mut Random) -> Result<(), Error> {
    let mut journal = Journal::open(Arc::new(faulty.clone()), options.clone())?;
    for _ in 0..random.below(30) {
        for number in 0..random.below(40) {
            journal.append(&body(&format!("record {number}")))?;
        }
        journal.commit()?;
        if random.below(3) == 0 {
            journal.tick()?;
        }
    }
    if random.below(2) == 0 { journal.close() } else { Ok(()) }
}

/// Plans what the next writer meets: its end at a change, a sync that fails, or a call that does.
fn plan(faulty: &Faulty, random: &mut Random) {
    let faults = &faulty.faults;
    let end = [-1, i64::try_from(random.below(120)).unwrap()][usize::from(random.below(3) > 0)];
    faults.changes_left.store(end, Ordering::Relaxed);
    match random.below(4) {
        0 => faulty.fail_syncs_after(random.below(30), 1),
        1 => faulty.fail_syncs_after(0, 0),
        _ => {}
    }
    let call = ["replace", "write_at", "truncate", "rename"][random.below(4) as usize];
    let times = u32::try_from(random.below(4)).unwrap();
    match call {
        // WATERMARK is written so, and a journal that cannot publish ends.
        "write_at" | "truncate" => {}
        call => faulty.fail_call(call, io::ErrorKind::PermissionDenied, times),
    }
}

/// What a crash leaves is no damage, also before anybody has mended it: true if something of it was signed.
fn is_believed(storage: &MemoryStorage, told: &str) -> bool {
    match verify_signed(storage, &trust(&[&key()], &[])) {
        Err(Error::NoJournal { .. } | Error::Unsigned { .. }) => false,
        verified => {
            let verified = verified.unwrap_or_else(|error| panic!("{told}: {error}"));
            assert_eq!(damage(&verified), [], "{told}: {verified:#?}");
            verified.signed_size.is_some()
        }
    }
}

#[test]
fn no_schedule_of_ends_and_faults_parts_the_files_from_the_lines() {
    let mut reached = [0_u32; 5];
    for seed in 1..=12_u64 {
        let random = &mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let faulty = Faulty::new();
        let plain = Options { segment_bytes_max: 8_000, ..options() };
        for _ in 0..12 {
            plan(&faulty, random);
            // Now and then somebody writes without the key.
            let is_signed = random.below(6) > 0;
            let options = if is_signed { signed(plain.clone()) } else { plain.clone() };
            let outcome = work(&faulty, &options, random);
            reached[usize::from(outcome.is_err())] += 1;
            faulty.mend();
            faulty.faults.changes_left.store(-1, Ordering::Relaxed);
            faulty.fail_syncs_after(0, 0);
            faulty.fail_call("", io::ErrorKind::Other, 0);
            if random.below(3) == 0 {
                let kept = [0, 1, 100, 1000][random.below(4) as usize];
                faulty.inner.crash(kept);
                reached[2] += 1;
            }
            reached[4] += u32::from(is_believed(&faulty.inner, &format!("seed {seed}")));
            if random.below(4) == 0 {
                let journal = Journal::open(Arc::new(faulty.inner.clone()), signed(plain.clone()));
                let mut journal = journal.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
                journal.tick().unwrap();
                assert!(journal.unsigned().is_none(), "seed {seed}: {:?}", journal.unsigned());
                let leaves = leaves(&faulty.inner);
                assert_eq!(check_files(&faulty.inner, &leaves), leaves.len() as u64);
                assert!(verify(&faulty.inner).unwrap().is_intact());
                assert!(is_believed(&faulty.inner, &format!("seed {seed}, after a start")));
                reached[3] += 1;
            }
        }
    }
    assert!(reached.iter().all(|times| *times > 5), "{reached:?}");
}

#[test]
fn a_writer_that_ends_at_any_change_leaves_what_the_next_one_makes_good() {
    for kept in [None, Some(0), Some(60)] {
        for changes in 0.. {
            let faulty = Faulty::new();
            faulty.faults.changes_left.store(changes, Ordering::Relaxed);
            let written = || {
                let options = signed(small_segments());
                let mut journal = Journal::open(Arc::new(faulty.clone()), options)?;
                for number in 0..18 {
                    journal.append(&body(&format!("record {number}")))?;
                    journal.commit()?;
                    if number % 5 == 0 {
                        journal.tick()?;
                    }
                }
                journal.close()
            };
            let is_over =
                written().is_ok() && faulty.faults.changes_left.load(Ordering::Relaxed) > 0;
            let storage = match kept {
                None => faulty.inner.snapshot(),
                Some(kept) => {
                    faulty.inner.crash(kept);
                    faulty.inner.clone()
                }
            };
            let told = format!("{kept:?}, change {changes}");
            is_believed(&storage, &told);
            assert_made_good(&storage);
            assert!(is_believed(&storage, &told));
            if is_over {
                assert!(changes > 60, "{changes}");
                break;
            }
        }
    }
}
