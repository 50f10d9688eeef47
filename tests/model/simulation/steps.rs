//! What a schedule is made of, and how a seed becomes one.

use std::time::Duration;

use crate::disk::{Cache, Fault, Keep};
use crate::random::Random;

/// How the disk and the journal of a schedule are made.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) sector: usize,
    pub(super) segment_bytes_max: u64,
    pub(super) segment_age_max: Duration,
    pub(super) reserve_bytes: u64,
    pub(super) heartbeat: Duration,
}

/// One thing that happens. A step that needs a writer opens the journal first, if it can.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Stages a record with a body of so many bytes more than the least.
    Append(usize),
    Refused(Flaw),
    Commit,
    /// What is due once a second.
    Tick,
    /// What is due before a batch.
    WatchClock,
    /// Prunes what stands so many records before the end.
    Prune(u64),
    /// Looks for room, with so many events that were lost and actions that were not recorded.
    Resume(u64, u64),
    /// Both clocks go on by so many milliseconds.
    Pass(u64),
    /// The wall clock alone goes on or back by so many milliseconds.
    Jump(i64),
    /// The writer closes the journal in order, and the next one opens it.
    Restart,
    End(End),
    /// The process ends in the middle of its change with this number from now on.
    EndAt(u64, End),
    /// A call meets a fault, after so many that could have met it.
    Meet(u32, Fault),
    /// The disk has room for so many bytes more, or for all.
    Leave(Option<usize>),
    /// Another reader begins at the record that stands so many before the end.
    Follow(u64),
    /// The next start signs with a new key.
    NewKey,
    /// Somebody changes a file that was signed, or a tile, once the writer is gone.
    Spoil(Spoilt),
    /// Somebody takes a file away under the writer.
    Displace {
        file: Displaced,
        by_copy: bool,
        appends: bool,
        is_put_back: bool,
    },
}

/// Why a body is refused.
#[derive(Clone, Copy, Debug)]
pub(super) enum Flaw {
    Empty,
    TooLong,
    Newline,
    NotUtf8,
    NotMembers,
    Reserved,
}

/// How a writer's process ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum End {
    Kill,
    PowerCut(Keep),
}

/// A file that a writer has open.
#[derive(Clone, Copy, Debug)]
pub(super) enum Displaced {
    Segment,
    Watermark,
    Lock,
}

/// What is changed: half of the file goes, but for `LastHash`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spoilt {
    LastHash,
    Tiles,
    Checkpoint,
    History,
    Seal,
}

const STEPS_MAX: usize = 60;

impl Setup {
    pub(super) fn of(random: &mut Random) -> Self {
        let range = [3_000, 20_000][random.below(2)];
        Self {
            sector: [512, 4096][random.below(2)],
            segment_bytes_max: 500 + random.below(range) as u64,
            segment_age_max: Duration::from_millis([60_000, 3_600_000][random.below(2)]),
            reserve_bytes: [0, 600 + random.below(3_000) as u64][random.below(2)],
            heartbeat: Duration::from_millis([3_000, 60_000][random.below(2)]),
        }
    }
}

/// The steps of a schedule.
pub(super) fn schedule(random: &mut Random) -> Vec<Step> {
    let count = 5 + random.below(STEPS_MAX - 5);
    (0..count).map(|_| step(random)).collect()
}

/// The same steps with prunings between them, and readers who ask for what may be gone.
pub(super) fn with_prunings(steps: Vec<Step>, random: &mut Random) -> Vec<Step> {
    let mut pruning = Vec::new();
    for step in steps {
        match random.below(20) {
            0..2 => pruning.push(Step::Prune([0, 5, 30][random.below(3)])),
            2 => pruning.push(Step::Follow(random.below(200) as u64)),
            _ => {}
        }
        pruning.push(step);
    }
    pruning
}

/// The same steps with new keys and files that are changed between them, and more ticks.
pub(super) fn with_signing(steps: Vec<Step>, random: &mut Random) -> Vec<Step> {
    use Spoilt::{Checkpoint, History, LastHash, Seal, Tiles};
    let mut signing = Vec::new();
    for step in steps {
        match random.below(40) {
            0 => signing.extend([Step::NewKey, Step::Restart]),
            1 => signing.push(Step::NewKey),
            2 => {
                let spoilt = [LastHash, Tiles, Checkpoint, History, Seal][random.below(5)];
                signing.push(Step::Spoil(spoilt));
            }
            3..6 => signing.push(Step::Tick),
            _ => {}
        }
        signing.push(step);
    }
    signing
}

fn step(random: &mut Random) -> Step {
    match random.below(100) {
        0..30 => Step::Append(length(random)),
        30..33 => Step::Refused(flaw(random)),
        33..55 => Step::Commit,
        55..59 => Step::Tick,
        59..61 => Step::WatchClock,
        61..65 => Step::Resume(random.below(3) as u64, random.below(3) as u64),
        65..69 => Step::Pass([1, 900, 4_000, 70_000, 4_000_000][random.below(5)]),
        69..71 => Step::Jump([-3_600_000, -4_999, 5_001, 86_400_000][random.below(4)]),
        71..74 => Step::Restart,
        74..77 => Step::End(end(random)),
        77..82 => Step::EndAt(random.below(25) as u64, end(random)),
        82..91 => Step::Meet([0, 0, 1, 2, 5][random.below(5)], fault(random)),
        91..94 => Step::Leave(Some(random.below(3_000))),
        94..96 => Step::Leave(None),
        96..98 => Step::Follow(random.below(10) as u64),
        _ => Step::Displace {
            file: [Displaced::Segment, Displaced::Watermark, Displaced::Lock][random.below(3)],
            by_copy: random.one_in(2),
            appends: random.one_in(2),
            is_put_back: random.one_in(2),
        },
    }
}

/// Mostly of less than a sector, some of many.
fn length(random: &mut Random) -> usize {
    match random.below(100) {
        0 => random.below(60_000),
        1..15 => random.below(6_000),
        _ => random.below(300),
    }
}

fn flaw(random: &mut Random) -> Flaw {
    use Flaw::{Empty, Newline, NotMembers, NotUtf8, Reserved, TooLong};
    [Empty, TooLong, Newline, NotUtf8, NotMembers, Reserved][random.below(6)]
}

fn end(random: &mut Random) -> End {
    match random.below(8) {
        0..2 => End::Kill,
        2 => End::PowerCut(Keep::Everything),
        3 => End::PowerCut(Keep::Nothing),
        4 => End::PowerCut(Keep::Lengths),
        _ => End::PowerCut(Keep::Any),
    }
}

fn fault(random: &mut Random) -> Fault {
    match random.below(12) {
        0 => Fault::Short,
        1 => Fault::Interrupted,
        2..4 => Fault::Change,
        4..7 => Fault::Sync(Cache::Kept),
        7..9 => Fault::Sync(Cache::Dropped),
        9..11 => Fault::Name,
        _ => Fault::Look,
    }
}
