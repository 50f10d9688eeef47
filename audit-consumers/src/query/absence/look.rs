//! The two looks at a journal: where the interval lies in it, and what stands there.

use audit_runtime::journal::{Error, Line, Reader};
use audit_runtime::{Digest, Record, Timestamp};

use super::super::Query;
use super::super::asking::SearchError;
use super::super::when::Window;
use super::meant::{self, own};
use super::{Absence, Doubt, Silence};

/// So long before and behind the interval the clock is looked at as well: an hour.
const NEAR_NS: i64 = 3_600_000_000_000;
/// After so long without a record a service says that it lives, where no heartbeat tells otherwise.
const HEARTBEAT_NS: u64 = 60_000_000_000;
/// How late a heartbeat may come: looks are a second apart, and the disk may take its time.
const LATE_NS: u64 = 2_000_000_000;
/// After how long a recorder tells of what it only counts.
const WINDOW_NS: u64 = 10_000_000_000;
/// How far the clocks may part; by more at once, and the journal itself has a record of it.
const JUMP_NS: u64 = 5_000_000_000;
/// A clock that is slewed goes faster or slower by less than this part.
const SLEW: u64 = 1_000;

/// Which records the interval lies between, by their times alone.
pub(super) struct Bounds {
    pub(super) before: Option<u64>,
    /// With the hash that stands for it and for all before it.
    pub(super) after: Option<(u64, Digest)>,
    /// The first record within an hour of it.
    near: u64,
    heartbeat_ns: u64,
}

impl Bounds {
    /// A clock that comes back into the interval widens it; one that passes over it and back, elsewhere, does not.
    pub(super) fn find(reader: &Reader, begins_at: u64, interval: Window) -> Result<Self, Error> {
        let near = around(interval);
        let (mut before, mut behind, mut inside, mut over) = (None, None, None, None);
        let (mut first_near, mut heartbeat_ns) = (None, None);
        let mut cursor = reader.cursor(begins_at)?;
        while let Some(line) = cursor.next()? {
            let (seq, time, end) = (line.seq(), line.observed(), (line.seq(), line.hash()));
            if interval.contains(time) {
                let start = inside.map_or(before, |(start, _)| start);
                inside = Some((start, None));
            } else if interval.from.is_some_and(|from| time < from) {
                before = Some(seq);
            } else {
                behind = behind.or(Some(end));
                inside = inside.map(|(start, known): (_, Option<_>)| (start, known.or(Some(end))));
                over =
                    before.filter(|before| before + 1 == seq).map(|_| (before, Some(end))).or(over);
            }
            if near.contains(time) {
                first_near = first_near.or(Some(seq));
                heartbeat_ns = meant::every_ns(&line).into_iter().chain(heartbeat_ns).min();
            }
        }
        let alone = (before, behind.filter(|_| before.is_none()));
        let (before, after) = inside.or(over).unwrap_or(alone);
        let near = first_near.into_iter().chain(before).min().unwrap_or(begins_at);
        Ok(Self { before, after, near, heartbeat_ns: heartbeat_ns.unwrap_or(HEARTBEAT_NS) })
    }

    /// After how long without a record a service is taken for silent.
    pub(super) fn silence_ns_max(&self) -> u64 {
        self.heartbeat_ns.saturating_add(self.heartbeat_ns / 2).saturating_add(LATE_NS)
    }
}

/// The look from an hour before the interval to an hour behind it.
pub(super) struct Look<'a> {
    absence: Absence,
    query: &'a Query,
    bounds: Bounds,
    /// The record before, and whether it is that of an orderly end.
    last: Option<(Line, bool)>,
    /// Both clocks, at the first record of this start of the service or at the last move.
    base: (Timestamp, u64),
    /// When a service that goes on has told of all that it only counted in the interval.
    told_at: Timestamp,
    is_told: bool,
}

impl<'a> Look<'a> {
    pub(super) fn over(
        reader: &Reader,
        absence: Absence,
        query: &'a Query,
        bounds: Bounds,
    ) -> Result<Absence, SearchError> {
        let mut cursor = reader.cursor(bounds.near)?;
        let near = around(Window { from: None, to: Some(absence.to) });
        let (base, window) =
            ((absence.from, 0), if query.may_mean_floods() { WINDOW_NS } else { 0 });
        let told_at = later(absence.to, absence.silence_ns_max.saturating_add(window));
        let mut look = Self { absence, query, bounds, last: None, base, told_at, is_told: false };
        loop {
            let next = cursor.next()?;
            look.watch_end(next.as_ref());
            let Some(line) = next else { break };
            if look.is_told && !near.contains(line.observed()) {
                break;
            }
            look.take(line);
        }
        let after = look.absence.after.as_ref().map(|line| (line.seq(), line.hash()));
        if after != look.bounds.after { Err(SearchError::Changed) } else { Ok(look.absence) }
    }

    fn take(&mut self, line: Line) {
        let (seq, bounds) = (line.seq(), &self.bounds);
        let record = Record::parse(&line).ok();
        let own = record.as_ref().and_then(own);
        let is_behind = bounds.before.is_none_or(|before| seq > before);
        let is_before = bounds.after.is_none_or(|(after, _)| seq < after);
        if bounds.before == Some(seq) {
            self.absence.before = Some(line.clone());
        }
        let is_closing = bounds.after.is_some_and(|(after, _)| seq == after);
        self.watch_clock(&line, own == Some("JournalClock"));
        if is_behind && (is_before || is_closing) {
            self.watch_gap(&line);
        }
        if is_behind && is_before {
            self.absence.judge(&line, record.as_ref(), self.query);
        }
        if let Some(record) = record.as_ref().filter(|_| is_behind) {
            self.absence.count_lost(record, self.query);
        }
        if is_closing {
            self.absence.after = Some(line.clone());
        }
        self.last = Some((line, own == Some("JournalStop")));
    }

    /// Holds both clocks against each other over all of a start, so that none goes away slowly.
    fn watch_clock(&mut self, line: &Line, is_told: bool) {
        let (seq, to, mono) = (line.seq(), line.observed(), line.mono_ns());
        let Some((last, _)) = &self.last else {
            self.base = (to, mono);
            return;
        };
        let from = last.observed();
        let is_same = last.boot() == line.boot();
        let passed = mono.saturating_sub(self.base.1);
        let by = nanos_between(self.base.0, to)
            .saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        let is_parted = by.unsigned_abs() > JUMP_NS + passed / SLEW;
        let is_moved = to < from || (is_same && (is_told || is_parted));
        if is_moved {
            let by_ns = is_same.then_some(by);
            self.absence.doubts.push(Doubt::Clock { seq, from, to, by_ns });
        }
        if is_moved || !is_same {
            self.base = (to, mono);
        }
    }

    /// Tells of the time since the last record if nobody was recording in it.
    fn watch_gap(&mut self, line: &Line) {
        let Some((last, is_stop)) = &self.last else { return };
        let passed = line.mono_ns().saturating_sub(last.mono_ns());
        let cause = match (last.boot() == line.boot(), is_stop) {
            (true, _) => Silence::Hung(passed),
            (false, true) => Silence::Stopped,
            (false, false) => Silence::Died,
        };
        let wall = nanos_between(last.observed(), line.observed()).unsigned_abs();
        let is_gap =
            cause != Silence::Hung(passed) || wall.max(passed) > self.absence.silence_ns_max;
        let (from, to) =
            (last.observed().max(self.absence.from), line.observed().min(self.absence.to));
        if from < to && is_gap {
            self.absence.doubts.push(Doubt::Gap { from, to, seq: last.seq(), cause });
        }
    }

    /// Tells of an end behind the interval that comes before all that was only counted is told: with the memory of
    /// the service that is gone.
    fn watch_end(&mut self, next: Option<&Line>) {
        let after = self.absence.after.as_ref().filter(|_| !self.is_told);
        let Some((last, is_stop)) = after.and(self.last.as_ref()) else { return };
        let is_over = *is_stop || last.observed() >= self.told_at;
        let silence = |next: &Line| next.mono_ns().saturating_sub(last.mono_ns());
        let is_end = next.is_none_or(|next| {
            next.boot() != last.boot() || silence(next) > self.absence.silence_ns_max
        });
        let (seq, at, is_open) = (last.seq(), last.observed(), next.is_none());
        self.is_told = is_over || is_end;
        if is_end && !is_over {
            self.absence.doubts.push(Doubt::Untold { seq, at, is_open });
        }
    }
}

/// The same with an hour on either side.
fn around(interval: Window) -> Window {
    let moved =
        |time: Timestamp, by| Timestamp::from_unix_nanos(time.unix_nanos().saturating_add(by));
    Window {
        from: interval.from.map(|from| moved(from, -NEAR_NS)),
        to: interval.to.map(|to| moved(to, NEAR_NS)),
    }
}

fn later(time: Timestamp, by_ns: u64) -> Timestamp {
    let by = i64::try_from(by_ns).unwrap_or(i64::MAX);
    Timestamp::from_unix_nanos(time.unix_nanos().saturating_add(by))
}

fn nanos_between(from: Timestamp, to: Timestamp) -> i64 {
    to.unix_nanos().saturating_sub(from.unix_nanos())
}
