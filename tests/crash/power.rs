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

/// Fault 30, cut short: between the record and the removal, in the middle of that, and at any other call.
#[test]
fn a_writer_that_ends_at_any_call_of_a_pruning_leaves_no_damage_and_the_next_one_finishes_it() {
    let any = [Some(Keep::Any); 2];
    let sure = [None, Some(Keep::Everything), Some(Keep::Nothing)];
    let batches = &script()[..9];
    let mut left = std::collections::BTreeSet::new();
    for (seed, end) in (0..).zip(sure.into_iter().chain(any)) {
        for change in 0.. {
            let mut history = History::new(Disk::new(512, Lie::None, seed ^ change << 8), 500);
            history.prunes = true;
            history.disk.stop_at(change);
            history.live(batches).unwrap();
            let has_stopped = history.disk.has_stopped();
            match end {
                None => history.disk.kill(),
                Some(keep) => history.disk.cut_power(keep),
            }
            let pruned = history.pruned();
            let firsts =
                || {
                    history.disk.names().into_iter().filter_map(|name| {
                        name.strip_prefix("seg/")?.get(..20)?.parse::<u64>().ok()
                    })
                };
            left.insert(firsts().filter(|first| *first < pruned).count());
            let checked = history.check();
            checked.unwrap_or_else(|loss| panic!("seed {seed}, change {change}, {end:?}: {loss}"));
            let pruned = history.pruned();
            assert!(
                history.disk.names().iter().all(|name| !name.starts_with("seg/")
                    || name["seg/".len()..][..20].parse::<u64>().unwrap() >= pruned),
                "seed {seed}, change {change}, {end:?}: {:?}",
                history.disk.names()
            );
            if !has_stopped {
                assert!(pruned > 10, "{pruned}");
                break;
            }
        }
    }
    assert!(left.len() > 3, "a crash left so many of the segments that were to go: {left:?}");
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

/// The same of one that signs, with a key that takes the place of another one, and prunes what it has sealed.
#[test]
fn a_writer_that_signs_with_a_new_key_and_ends_at_any_call_leaves_what_can_be_verified() {
    let ends = [None, Some(Keep::Everything), Some(Keep::Nothing), Some(Keep::Lengths)];
    let ends = ends.into_iter().chain([Some(Keep::Any); 3]);
    for (seed, end) in (0..).zip(ends) {
        for change in 0.. {
            let mut history = History::new(Disk::new(512, Lie::None, seed ^ change << 8), 2_000);
            (history.signs, history.prunes) = (true, seed % 2 == 1);
            let told = |loss| format!("change {change}, seed {seed}, {end:?}: {loss}");
            history.live(&script()[..5]).map_err(told).unwrap();
            history.disk.kill();
            history.disk.stop_at(change);
            history.live(&script()[..9]).map_err(told).unwrap();
            let has_stopped = history.disk.has_stopped();
            match end {
                None => history.disk.kill(),
                Some(keep) => history.disk.cut_power(keep),
            }
            history.check().map_err(told).unwrap();
            if !has_stopped {
                assert!(change > 50, "only {change} changes");
                break;
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
