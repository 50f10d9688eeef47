//! Counters, gauges and histograms through the crate `metrics`, and never in a caller's path.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use metrics::Unit;

use crate::recorder::health::Counters;
use crate::recorder::levels::Levels;
use crate::recorder::{Health, Shared, Status};

/// How often the figures are passed on. A thread of their own does it, because the committer cannot
/// while the disk hangs, which is when they matter most.
const PERIOD: Duration = Duration::from_secs(1);

/// One figure of the health.
struct Figure {
    name: &'static str,
    unit: Unit,
    meaning: &'static str,
    of: fn(&Health) -> u64,
}

const COUNTERS: &[Figure] = &[
    Figure {
        name: "audit_records_durable_total",
        unit: Unit::Count,
        meaning: "Records made durable",
        of: |health| health.durable,
    },
    Figure {
        name: "audit_events_lost_total",
        unit: Unit::Count,
        meaning: "Events that were not recorded",
        of: |health| health.lost,
    },
    Figure {
        name: "audit_actions_unrecorded_total",
        unit: Unit::Count,
        meaning: "Actions that went on without a record, or were refused for want of one",
        of: |health| health.unrecorded,
    },
    Figure {
        name: "audit_scopes_unlisted_total",
        unit: Unit::Count,
        meaning: "Audited calls and requests that found no place in the account",
        of: |health| health.scopes_unlisted,
    },
    Figure {
        name: "audit_mirror_lines_lost_total",
        unit: Unit::Count,
        meaning: "Lines that the mirror did not pass on",
        of: |health| health.mirror_lost,
    },
    Figure {
        name: "audit_events_summarised_total",
        unit: Unit::Count,
        meaning: "Events of strangers that were counted in place of written, in a flood",
        of: |health| health.summarised,
    },
];

const GAUGES: &[Figure] = &[
    Figure {
        name: "audit_queue_events",
        unit: Unit::Count,
        meaning: "Events that wait for the disk",
        of: |health| health.queued_events,
    },
    Figure {
        name: "audit_queue_bytes",
        unit: Unit::Bytes,
        meaning: "Bytes that wait for the disk",
        of: |health| health.queued_bytes,
    },
    Figure {
        name: "audit_open_scopes",
        unit: Unit::Count,
        meaning: "Audited calls and requests that are running",
        of: |health| health.open_scopes,
    },
    Figure {
        name: "audit_open_scopes_max",
        unit: Unit::Count,
        meaning: "Audited calls and requests that are kept account of at most",
        of: |health| health.scopes_max,
    },
    Figure {
        name: "audit_open_intents",
        unit: Unit::Count,
        meaning: "Write-ahead actions whose end is not durable yet",
        of: |health| health.open_intents,
    },
    Figure {
        name: "audit_open_intents_max",
        unit: Unit::Count,
        meaning: "Write-ahead actions that may be on their way at most",
        of: |health| health.intents_max,
    },
    Figure {
        name: "audit_anchored_records",
        unit: Unit::Count,
        meaning: "Records of the largest checkpoint that an anchor has confirmed",
        of: |health| health.anchored_size.unwrap_or(0),
    },
    Figure {
        name: "audit_anchor_age_seconds",
        unit: Unit::Seconds,
        meaning: "For how long there have been records that no anchor has a checkpoint of",
        of: |health| health.anchor_age_s.unwrap_or(0),
    },
    Figure {
        name: "audit_recorders_yellow",
        unit: Unit::Count,
        meaning: "Recorders that have lost something and go on",
        of: |health| u64::from(health.status == Status::Yellow),
    },
    Figure {
        name: "audit_recorders_red",
        unit: Unit::Count,
        meaning: "Recorders that do not record something",
        of: |health| u64::from(health.status == Status::Red),
    },
];

const COMMIT_SECONDS: &str = "audit_commit_duration_seconds";
const COMMIT_RECORDS: &str = "audit_commit_records";

/// How many commits are timed between two looks; what comes beyond is not in the histograms.
const COMMITS_MAX: usize = 16_384;

/// What the committer has measured since the last look. It never calls a collector itself, which
/// could be slow or panic.
#[derive(Default)]
pub(in super::super) struct Commits(Mutex<Vec<Commit>>);

/// How many records a commit held, and how long it took.
struct Commit {
    records: u64,
    took: Duration,
}

impl Commits {
    /// The start of a commit.
    pub(in super::super) fn begin(&self) -> Instant {
        Instant::now()
    }

    /// Its end, if there was anything to write.
    pub(in super::super) fn end(&self, begun: Instant, records: u64) {
        let mut commits = self.commits();
        if records > 0 && commits.len() < COMMITS_MAX {
            commits.push(Commit { records, took: begun.elapsed() });
        }
    }

    fn pass_on(&self) {
        let commits = std::mem::take(&mut *self.commits());
        for Commit { records, took } in commits {
            metrics::histogram!(COMMIT_SECONDS).record(took);
            metrics::histogram!(COMMIT_RECORDS).record(records as f64);
        }
    }

    fn commits(&self) -> MutexGuard<'_, Vec<Commit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread that passes the figures on as long as there is the recorder.
///
/// # Errors
/// Fails when the operating system gives no thread.
pub(in super::super) fn start(shared: &Arc<Shared>) -> io::Result<()> {
    describe();
    let counters = Arc::clone(&shared.counters);
    // What was durable before is no work of this recorder.
    let now = counters.health(Levels::default());
    let told = Health { lost: 0, unrecorded: 0, scopes_unlisted: 0, mirror_lost: 0, ..now };
    let mut sampler = Sampler {
        counted: figures(COUNTERS, &told),
        shown: vec![0; GAUGES.len()],
        counters,
        commits: Arc::clone(&shared.commits),
        recorder: Arc::downgrade(shared),
    };
    std::thread::Builder::new().name("audit-metrics".into()).spawn(move || sampler.run())?;
    Ok(())
}

fn describe() {
    for Figure { name, unit, meaning, .. } in COUNTERS {
        metrics::describe_counter!(*name, *unit, *meaning);
    }
    for Figure { name, unit, meaning, .. } in GAUGES {
        metrics::describe_gauge!(*name, *unit, *meaning);
    }
    metrics::describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "How long a commit took");
    metrics::describe_histogram!(COMMIT_RECORDS, Unit::Count, "How many records a commit held");
}

/// Passes on by how much each figure has changed, so that the recorders of one process add up.
struct Sampler {
    counted: Vec<u64>,
    shown: Vec<u64>,
    counters: Arc<Counters>,
    commits: Arc<Commits>,
    recorder: Weak<Shared>,
}

impl Sampler {
    fn run(&mut self) {
        while let Some(shared) = self.recorder.upgrade() {
            let health = shared.health();
            drop(shared);
            self.pass_on(&health, &figures(GAUGES, &health));
            std::thread::sleep(PERIOD);
        }
        // The last records are counted, and a recorder that is gone shows in no gauge.
        let health = self.counters.health(Levels::default());
        self.pass_on(&health, &vec![0; GAUGES.len()]);
    }

    fn pass_on(&mut self, health: &Health, shown: &[u64]) {
        self.commits.pass_on();
        for ((figure, before), now) in
            COUNTERS.iter().zip(&mut self.counted).zip(figures(COUNTERS, health))
        {
            metrics::counter!(figure.name).increment(now.saturating_sub(*before));
            *before = now;
        }
        for ((figure, before), now) in GAUGES.iter().zip(&mut self.shown).zip(shown) {
            metrics::gauge!(figure.name).increment(*now as f64 - *before as f64);
            *before = *now;
        }
    }
}

fn figures(of: &[Figure], health: &Health) -> Vec<u64> {
    of.iter().map(|figure| (figure.of)(health)).collect()
}
