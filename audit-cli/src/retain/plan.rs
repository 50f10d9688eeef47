//! Which segments may go: those at the front whose records are all older than their classes are kept.

use std::collections::BTreeMap;

use audit_runtime::{Phase, Record, Timestamp};
use serde::Serialize;
use serde_json::Value;

const NANOS_PER_DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

/// For how long records are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    /// Of classes that have no days of their own; `None` for ever.
    pub(super) default_days: Option<u64>,
    pub(super) classes: BTreeMap<String, u64>,
    /// How old a segment must be whatever its records are.
    pub(super) days_min: u32,
}

/// What is to become of each segment, from the first one on.
#[derive(Serialize)]
pub(super) struct Plan {
    pub(super) segments: Vec<Row>,
}

/// One segment.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) first_seq: u64,
    pub(super) last_seq: u64,
    pub(super) records: u64,
    /// When its newest record was taken in.
    pub(super) newest: String,
    #[serde(flatten)]
    pub(super) fate: Fate,
}

/// What becomes of a segment, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fate")]
pub(super) enum Fate {
    Goes,
    /// A record of this class is kept so long.
    Class {
        class: String,
        seq: u64,
        /// `None` for ever.
        until: Option<String>,
    },
    /// It is younger than the least age of any segment.
    Minimum {
        until: String,
    },
    /// Actions that have begun in it have no end yet.
    Intent {
        seq: u64,
    },
    /// A start looks here for actions without an end.
    Needed,
    /// The writer goes on in it.
    Written,
    /// An earlier one stays.
    Behind,
}

/// Takes the records of a journal, in order, and plans from them.
pub(super) struct Planner<'a> {
    policy: &'a Policy,
    rows: Vec<Seen>,
    /// The write-ahead actions without an end so far, by the id of their intent.
    open: BTreeMap<String, u64>,
}

/// What was seen of one segment.
struct Seen {
    first_seq: u64,
    last_seq: u64,
    records: u64,
    newest: Timestamp,
    /// The record that is kept longest; without a time for ever.
    keeper: Option<(Until, String, u64)>,
    /// Its header says what was open then.
    has_list: bool,
}

/// When a record may go; what is kept for ever is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Until {
    Time(i64),
    Ever,
}

impl Policy {
    /// The days of a class.
    fn days(&self, class: &str) -> Option<u64> {
        self.classes.get(class).copied().or(self.default_days)
    }

    fn until(&self, class: &str, observed: Timestamp) -> Until {
        self.days(class).map_or(Until::Ever, |days| Until::Time(after(observed, days)))
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        Self { policy, rows: Vec::new(), open: BTreeMap::new() }
    }

    /// Takes the next record; `None` for one that is no audit event.
    pub(super) fn see(&mut self, seq: u64, observed: Timestamp, record: Option<&Record>) {
        let own =
            record.and_then(|record| Some((record.action.as_str(), record.journal.as_ref()?)));
        if let Some(("JournalSegment", header)) = own {
            let has_list = header.get("open").is_some_and(Value::is_array);
            self.begin(seq, observed, has_list);
        } else if self.rows.is_empty() {
            self.begin(seq, observed, false);
        }
        record.into_iter().for_each(|record| self.follow(record));
        let policy = self.policy;
        let Some(row) = self.rows.last_mut() else { return };
        (row.last_seq, row.newest) = (seq, row.newest.max(observed));
        row.records += 1;
        // What the journal says of itself goes with its segment, unless its class has days.
        if own.is_some() && !policy.classes.contains_key("journal") {
            return;
        }
        let class = record.map_or_else(|| "unreadable".to_owned(), class);
        let until = policy.until(&class, observed);
        if row.keeper.as_ref().is_none_or(|(kept, ..)| *kept < until) {
            row.keeper = Some((until, class, seq));
        }
    }

    /// Plans for the moment `now`.
    pub(super) fn plan(self, now: Timestamp) -> Plan {
        let needed = self.rows.iter().rposition(|row| row.has_list).unwrap_or(0);
        let intent = self.open.values().min().copied();
        let last = self.rows.len().saturating_sub(1);
        let mut stays = false;
        let mut segments = Vec::new();
        for (index, row) in self.rows.into_iter().enumerate() {
            let own = row.fate(now, self.policy.days_min);
            let fate = match intent {
                _ if index == last => Fate::Written,
                Some(seq) if seq <= row.last_seq => Fate::Intent { seq },
                _ if index >= needed => Fate::Needed,
                _ if own == Fate::Goes && stays => Fate::Behind,
                _ => own,
            };
            stays |= fate != Fate::Goes;
            let Seen { first_seq, last_seq, records, newest, .. } = row;
            segments.push(Row { first_seq, last_seq, records, newest: newest.to_string(), fate });
        }
        Plan { segments }
    }

    fn begin(&mut self, seq: u64, observed: Timestamp, has_list: bool) {
        let (first_seq, last_seq, newest) = (seq, seq, observed);
        self.rows.push(Seen { first_seq, last_seq, records: 0, newest, keeper: None, has_list });
    }

    /// Takes note of an action that begins or ends.
    fn follow(&mut self, record: &Record) {
        match (&record.phase, record.intent_id) {
            (Some(phase), _) if *phase == Phase::Intent => {
                self.open.insert(record.id.to_string(), record.seq);
            }
            (Some(_), Some(intent)) => _ = self.open.remove(&intent.to_string()),
            _ => {}
        }
    }
}

impl Seen {
    /// What would become of it alone.
    fn fate(&self, now: Timestamp, days_min: u32) -> Fate {
        let time = |nanos: i64| Timestamp::from_unix_nanos(nanos).to_string();
        match &self.keeper {
            Some((Until::Ever, class, seq)) => {
                return Fate::Class { class: class.clone(), seq: *seq, until: None };
            }
            Some((Until::Time(until), class, seq)) if *until > now.unix_nanos() => {
                return Fate::Class { class: class.clone(), seq: *seq, until: Some(time(*until)) };
            }
            _ => {}
        }
        let until = after(self.newest, days_min.into());
        if until > now.unix_nanos() { Fate::Minimum { until: time(until) } } else { Fate::Goes }
    }
}

impl Plan {
    /// The first record that stays; `None` if no segment goes.
    pub(super) fn before_seq(&self) -> Option<u64> {
        let stays = self.segments.iter().position(|row| row.fate != Fate::Goes)?;
        (stays > 0).then(|| self.segments[stays].first_seq)
    }
}

/// What a record says of its class, else its category.
fn class(record: &Record) -> String {
    record.retention.clone().unwrap_or_else(|| record.category.to_string())
}

/// So many days later.
fn after(time: Timestamp, days: u64) -> i64 {
    let days = i64::try_from(days).unwrap_or(i64::MAX);
    time.unix_nanos().saturating_add(days.saturating_mul(NANOS_PER_DAY))
}

#[cfg(test)]
mod tests;
