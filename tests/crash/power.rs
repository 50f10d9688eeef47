//! Ends at every call to the disk and power cuts that keep any subset of what was not synced.
//!
//! A failing run prints its seed; `CRASH_SEED=<seed> CRASH_SCHEDULES=1` repeats it, and more schedules
//! are tried with a greater number.

use std::hash::{BuildHasher as _, RandomState};

use crate::disk::{Disk, Keep, Lie};
use crate::life::{History, schedule};

const SCHEDULES: u64 = 300;

/// How many schedules a lie may go unnoticed in.
const SCHEDULES_OF_A_LIE: u64 = 100;

#[test]
fn no_power_cut_and_no_end_loses_what_was_acknowledged() {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = given("CRASH_SEED").unwrap_or_else(|| RandomState::new().hash_one(SCHEDULES));
    println!("CRASH_SEED={first}");
    let mut acknowledged = 0;
    for seed in (0..given("CRASH_SCHEDULES").unwrap_or(SCHEDULES)).map(|n| first.wrapping_add(n)) {
        match schedule(seed, Lie::None) {
            Ok(count) => acknowledged += count,
            Err(loss) => panic!("CRASH_SEED={seed} CRASH_SCHEDULES=1 repeats this: {loss}"),
        }
    }
    println!("{acknowledged} records were acknowledged");
}

/// Thirty records in batches of one to three, with rotations between them.
fn script() -> Vec<Vec<usize>> {
    (0..15).map(|batch| vec![40 * batch + 30; 1 + batch % 3]).collect()
}

/// Runs the script up to the change `change`, which ends it as told; false if it ends before that.
fn run_to(change: u64, history: &mut History, end: Option<Keep>) -> Result<bool, String> {
    history.disk.stop_at(change);
    history.live(&script())?;
    let has_stopped = history.disk.has_stopped();
    match end {
        None => history.disk.kill(),
        Some(keep) => history.disk.cut_power(keep),
    }
    history.check()?;
    Ok(has_stopped)
}

#[test]
fn a_writer_that_ends_at_any_call_loses_nothing_that_it_acknowledged() {
    let any = [Some(Keep::Any); 8];
    let sure = [None, Some(Keep::Everything), Some(Keep::Nothing), Some(Keep::Lengths)];
    for (seed, end) in (0..).zip(sure.into_iter().chain(any)) {
        for change in 0.. {
            let mut history = History::new(Disk::new(512, Lie::None, seed ^ change << 8), 2_000);
            match run_to(change, &mut history, end) {
                Ok(true) => {}
                Ok(false) => {
                    assert!(change > 50, "only {change} changes");
                    assert!(history.disk.names().len() > 5, "{:?}", history.disk.names());
                    break;
                }
                Err(loss) => panic!("change {change}, seed {seed}, {end:?}: {loss}"),
            }
        }
    }
}

/// The first loss of an acknowledged record that the checks report of a disk that lies.
fn loss_of(lie: Lie) -> Option<String> {
    let mut losses = (0..SCHEDULES_OF_A_LIE).filter_map(|seed| schedule(seed, lie).err());
    let loss = losses.find(|loss| loss.ends_with("is gone"));
    println!("{lie:?}: {loss:?}");
    loss
}

#[test]
fn a_writer_without_syncs_is_found_out() {
    assert!(loss_of(Lie::NoSync).is_some());
}

#[test]
fn a_writer_that_acknowledges_before_it_syncs_is_found_out() {
    assert!(loss_of(Lie::LateSync).is_some());
}

#[test]
fn a_writer_that_makes_no_name_durable_is_found_out() {
    assert!(loss_of(Lie::NoNames).is_some());
}
