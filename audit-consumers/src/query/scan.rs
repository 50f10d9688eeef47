//! What a scan has read, what it has passed over and why, and what stood in its way.

use std::fmt;

use audit_runtime::journal::{Error, Line};
use audit_runtime::{Record, Timestamp};
use serde::Serialize;

/// What was read to answer a query. Nothing that was not read is claimed to hold no match, but for
/// segments whose every line was seen to lie outside the asked range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Scan {
    /// Records whose lines were read and checked against the chain.
    pub records_read: u64,
    /// Those of them that were parsed; the others lack a text that the query asks for.
    pub records_parsed: u64,
    /// Parsed lines that are no audit events.
    pub not_events: u64,
    /// The bytes of the lines that were read.
    pub bytes_read: u64,
    /// Segments of which lines were read.
    pub segments_read: u64,
    /// Passed over because every line says that it was observed outside the asked time. The times
    /// alone were read, and nothing was checked.
    pub outside_by_times: Passed,
    /// Passed over because they begin and end outside the asked time, without a look inside: only
    /// with [`Skip::ByEnds`](super::Skip::ByEnds).
    pub outside_by_ends: Passed,
    /// Passed over because no record in them has a number that was asked for.
    pub outside_by_seq: Passed,
    /// Not needed any more, once the page was full.
    pub not_reached: Passed,
    /// The first and the last number of each run of records that was read and checked against the
    /// chain, within each run without a gap, in order.
    pub checked: Vec<(u64, u64)>,
    /// What could not be read.
    pub damage: Vec<Damage>,
    /// The first number that the journal has. Where it is not 0, earlier records were pruned, or are
    /// missing.
    pub begins_at: u64,
    /// The number behind the last record that was seen; what is appended later is part of no page.
    pub end: u64,
    /// The epoch before this one, which was set aside and is not read.
    pub older_epoch: Option<OlderEpoch>,
    /// How often a record that was read is observed before the one before it: the clock went back.
    pub clock_set_back: u64,
}

/// Segments that were not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// How many.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A place from which on a segment could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Damage {
    /// The segment, relative to the journal.
    pub segment: String,
    /// The line within it, from 1.
    pub line: u64,
    /// The first number that could not be read.
    pub from_seq: u64,
    /// The last one; `None` if nobody knows how many there were. Where it lies before the first, none
    /// is unread, and what follows does not continue what is before it.
    pub to_seq: Option<u64>,
    /// What is wrong with the line.
    pub reason: String,
}

/// The epoch that was set aside before this one began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OlderEpoch {
    /// Its number.
    pub number: u64,
    /// Where it lies, relative to the journal.
    pub directory: String,
}

impl Scan {
    /// True if everything that was asked for could be read: nothing is damaged. Whether the journal
    /// has been pruned is told by [`begins_at`](Self::begins_at).
    pub fn is_whole(&self) -> bool {
        self.damage.is_empty()
    }

    /// Counts a line that was read; `before` is the time of the one before it, if that was read.
    pub(super) fn count(&mut self, line: &Line, before: Option<Timestamp>) {
        self.records_read += 1;
        self.bytes_read += line.bytes().len() as u64 + 1;
        self.clock_set_back += u64::from(before.is_some_and(|before| line.observed() < before));
    }

    /// Notes that the records from `from` up to but not with `to` were checked.
    pub(super) fn note_checked(&mut self, from: u64, to: u64) {
        if from < to {
            self.checked.push((from, to - 1));
        }
    }

    /// Notes that a segment cannot be read further; `next` is the number that the one behind it begins
    /// with.
    pub(super) fn note_damage(&mut self, error: Error, next: Option<u64>) -> Result<(), Error> {
        let Error::Damaged { segment, line, seq, reason, .. } = error else {
            return Err(error);
        };
        let to_seq = next.and_then(|next| next.checked_sub(1));
        self.damage.push(Damage { segment, line, from_seq: seq, to_seq, reason });
        Ok(())
    }

    /// Puts the runs in order and joins those that follow each other.
    pub(super) fn finish(mut self) -> Self {
        self.checked.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (from, to) in self.checked {
            let is_broken = self.damage.iter().any(|damage| damage.from_seq == from);
            match joined.last_mut() {
                Some((_, end)) if *end + 1 >= from && !is_broken => *end = (*end).max(to),
                _ => joined.push((from, to)),
            }
        }
        self.checked = joined;
        // A segment that cannot be entered is found by its own reading, and by that of the one before.
        let entered: Vec<u64> =
            self.damage.iter().filter(|it| !it.is_joint()).map(|it| it.from_seq).collect();
        self.damage.retain(|damage| !damage.is_joint() || !entered.contains(&damage.from_seq));
        self.damage.sort_by_key(|damage| damage.from_seq);
        self
    }
}

impl OlderEpoch {
    /// What the first record of a journal says of it.
    pub(super) fn of(first: &Line) -> Option<Self> {
        let record = Record::parse(first).ok()?;
        let epoch = record.journal?.get("epoch")?.get("previous")?.clone();
        let directory = epoch.get("directory")?.as_str()?.to_owned();
        Some(Self { number: epoch.get("epoch")?.as_u64()?, directory })
    }
}

impl Passed {
    pub(super) fn add(&mut self, bytes: u64) {
        self.segments += 1;
        self.bytes += bytes;
    }
}

impl Damage {
    /// True if no record is unread, but two segments do not belong together.
    fn is_joint(&self) -> bool {
        self.to_seq.is_some_and(|last| last < self.from_seq)
    }
}

/// A few lines for people; what is as it should be is not told.
impl fmt::Display for Scan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (records, segments) =
            (many(self.records_read, "record"), many(self.segments_read, "segment"));
        write!(f, "read {records} ({} bytes) in {segments}", self.bytes_read)?;
        let runs: Vec<_> =
            self.checked.iter().map(|(from, to)| format!("{from} to {to}")).collect();
        if !runs.is_empty() {
            write!(f, ", each checked against the chain: seq {}", runs.join(", "))?;
        }
        for (passed, why) in [
            (self.outside_by_times, "all their lines lie outside the time; not checked"),
            (self.outside_by_ends, "they begin and end outside the time; not looked into"),
            (self.outside_by_seq, "their numbers were not asked for"),
            (self.not_reached, "the page was full before"),
        ] {
            if passed.segments > 0 {
                let segments = many(passed.segments, "segment");
                write!(f, "\npassed over {segments} ({} bytes): {why}", passed.bytes)?;
            }
        }
        if self.not_events > 0 {
            write!(f, "\n{}: no audit events, and not shown", many(self.not_events, "line"))?;
        }
        if self.clock_set_back > 0 {
            write!(
                f,
                "\nthe clock went back {} in what was read",
                many(self.clock_set_back, "time")
            )?;
        }
        if self.begins_at > 0 {
            let last = self.begins_at - 1;
            write!(f, "\nrecords 0 to {last} are not here: pruned, or missing (`audited verify`)")?;
        }
        if let Some(OlderEpoch { number, directory }) = &self.older_epoch {
            write!(f, "\nolder records lie in {directory} (epoch {number}), and were not read")?;
        }
        self.damage.iter().try_for_each(|damage| write!(f, "\nDAMAGED {damage}"))
    }
}

fn many(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { segment, line, from_seq, to_seq, reason } = self;
        write!(f, "{segment}, line {line}: {reason}; ")?;
        match to_seq {
            Some(_) if self.is_joint() => {
                write!(f, "record {from_seq} does not continue the segment before it")
            }
            Some(last) => write!(f, "records {from_seq} to {last} could not be read"),
            None => write!(f, "records from {from_seq} on could not be read"),
        }?;
        f.write_str("; `audited verify` names all that is damaged")
    }
}
