//! What a journal shows of an interval in which nothing of a kind is said to have happened.

mod doubt;
mod look;
mod meant;
mod withheld;

use audit_runtime::Timestamp;
use audit_runtime::journal::{Line, Reader};

use super::Query;
use super::asking::SearchError;
use look::{Bounds, Look};

pub use doubt::{Doubt, Silence};

/// How many of each are kept.
const KEPT_MAX: usize = 1_000;

/// What a journal shows of an interval: which records are meant there, and why others may be missing.
///
/// The interval is by `observed`. Its records are all from the last before it to the first behind it in the journal's own order,
/// whose numbers have no hole, whatever their times say. That they are as they were written is for
/// [`verify_signed`](audit_runtime::journal::verify_signed) to show.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Absence {
    /// The first instant of the interval.
    pub from: Timestamp,
    /// The first instant behind it.
    pub to: Timestamp,
    /// The last record before it, if the journal goes back so far.
    pub before: Option<Line>,
    /// The first record behind it, if there is one yet.
    pub after: Option<Line>,
    /// How many records stand between these two.
    pub between: u64,
    /// Those of them that are meant: without a condition all but what the journal tells of itself.
    pub found: Several<Line>,
    /// Why there may be more. If there is no doubt, what was not found was not recorded, and was not missed.
    pub doubts: Several<Doubt>,
    /// The longest time without a record of a service that lives, in nanoseconds, by its heartbeats.
    pub silence_ns_max: u64,
}

/// The first thousand, and how many there are.
#[derive(Clone, Debug)]
pub struct Several<T> {
    /// The first ones.
    pub first: Vec<T>,
    /// How many, those not kept included.
    pub count: u64,
}

impl Absence {
    /// Looks at the interval of `query` in the journal that `reader` reads, for the records that its conditions mean.
    ///
    /// # Errors
    /// [`SearchError::Unbounded`] if the query does not say from when until when; else fails when the journal cannot be
    /// read or is damaged, [`SearchError::Changed`] if its two looks at it do not see the same records.
    pub fn find(reader: &Reader, query: &Query) -> Result<Self, SearchError> {
        let window = query.window(Timestamp::now());
        let (from, to) = window.from.zip(window.to).ok_or(SearchError::Unbounded)?;
        if from >= to {
            return Err(SearchError::Unbounded);
        }
        let begins_at = reader.first_seq()?;
        let bounds = Bounds::find(reader, begins_at, window)?;
        let mut absence = Self {
            from,
            to,
            before: None,
            after: None,
            between: 0,
            found: Several { first: Vec::new(), count: 0 },
            doubts: Several { first: Vec::new(), count: 0 },
            silence_ns_max: bounds.silence_ns_max(),
        };
        if bounds.before.is_none() {
            absence.doubts.push(Doubt::Beginning { seq: begins_at, epoch: reader.epoch()? });
        }
        if bounds.after.is_none() {
            absence.doubts.push(Doubt::Open);
        }
        Look::over(reader, absence, query, bounds)
    }
}

impl<T> Several<T> {
    fn push(&mut self, one: T) {
        self.count += 1;
        if self.first.len() < KEPT_MAX {
            self.first.push(one);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use audit_runtime::journal::{Journal, MemoryStorage, Options};

    use super::*;

    fn journal() -> Reader {
        let storage = MemoryStorage::new();
        let mut journal = Journal::open(Arc::new(storage.clone()), Options::default()).unwrap();
        journal.append(b"\"word\":1").unwrap();
        journal.commit().unwrap();
        Reader::over(Arc::new(storage))
    }

    #[test]
    fn a_journal_that_is_another_one_at_the_second_look_is_told() {
        let (reader, other) = (journal(), journal());
        let mut records = reader.cursor(0).unwrap();
        let from = records.next().unwrap().unwrap().observed();
        let mut to = from;
        while let Some(line) = records.next().unwrap() {
            to = line.observed();
        }
        let query = Query::new().since(from).until(to);
        let absence = Absence::find(&reader, &query).unwrap();
        assert!(absence.after.is_some());
        let window = query.window(Timestamp::now());
        for (second, is_same) in [(&reader, true), (&other, false)] {
            let bounds = Bounds::find(&reader, 0, window).unwrap();
            let found = Look::over(second, absence.clone(), &query, bounds);
            assert_eq!(!matches!(found, Err(SearchError::Changed)), is_same);
        }
    }
}
