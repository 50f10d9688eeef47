//! The way through a journal's segments: which are read, which are passed over, and what is noted.

use std::ops::ControlFlow;

use audit_runtime::journal::{Error, Line, Reader, Segment};
use audit_runtime::{Digest, Timestamp};

use super::asking::{SearchError, Skip};
use super::scan::{Damage, OlderEpoch, Scan};
use super::when::Window;

/// A journal's segments as they were listed, and what was read of them.
pub(super) struct Walk<'a> {
    reader: &'a Reader,
    pub(super) segments: Vec<Segment>,
    window: Window,
    /// The first number that is wanted, and the first behind that is not.
    pub(super) seqs: (u64, u64),
    skip: Skip,
    pub(super) scan: Scan,
    /// The last segment that had a first line, and its hash.
    anchor: Option<(usize, Digest)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(reader: &'a Reader, window: Window, skip: Skip) -> Result<Self, Error> {
        let segments = reader.segments()?;
        let mut scan = Scan::default();
        if let Some(segment) = segments.first() {
            scan.begins_at = segment.first_seq;
        }
        let seqs = (0, u64::MAX);
        let mut walk = Self { reader, segments, window, seqs, skip, scan, anchor: None };
        walk.scan.older_epoch = walk.first_line(0)?.as_ref().and_then(OlderEpoch::of);
        // The last one may have been made just now, without a line that is durable.
        for place in (0..walk.segments.len()).rev().take(2) {
            let line = walk.first_line(place)?;
            walk.anchor = walk.anchor.or(line.map(|line| (place, line.hash())));
        }
        Ok(walk)
    }

    /// Makes sure that what was read is still the journal's: a new epoch has other segments under the
    /// same names.
    pub(super) fn confirm(&self) -> Result<(), SearchError> {
        let Some((place, hash)) = self.anchor else {
            return Ok(());
        };
        match self.first_line(place)? {
            Some(line) if line.hash() == hash => Ok(()),
            _ => Err(SearchError::SetAside),
        }
    }

    /// The first line of a segment, if it is one.
    pub(super) fn first_line(&self, place: usize) -> Result<Option<Line>, Error> {
        let Some(segment) = self.segments.get(place) else {
            return Ok(None);
        };
        match self.reader.cursor(segment.first_seq).and_then(|mut cursor| cursor.next()) {
            Err(Error::Damaged { .. }) => Ok(None),
            found => found,
        }
    }

    /// The segment that holds a record, or would.
    pub(super) fn place_of(&self, seq: u64) -> usize {
        let later = self.segments.partition_point(|segment| segment.first_seq <= seq);
        later.saturating_sub(1)
    }

    /// True if a segment need not be read; then it is noted why.
    pub(super) fn passes_over(&mut self, place: usize) -> Result<bool, Error> {
        let Some(Segment { first_seq, bytes, .. }) = self.segments.get(place) else {
            return Ok(true);
        };
        let (first_seq, bytes) = (*first_seq, *bytes);
        let next = self.next_first(place);
        if first_seq >= self.seqs.1 || next.is_some_and(|next| next <= self.seqs.0) {
            self.scan.outside_by_seq.add(bytes);
            return Ok(true);
        }
        // The last one grows, so nothing tells when its records end.
        if next.is_none() || self.skip == Skip::Never || !self.lies_outside(place)? {
            return Ok(false);
        }
        if self.skip == Skip::ByEnds {
            self.scan.outside_by_ends.add(bytes);
            return Ok(true);
        }
        // A clock that was moved there and back shows in the lines between only.
        let times = self.reader.observed(first_seq)?;
        let is_outside = times.is_some_and(|(first, last)| self.window.misses(first, last));
        if is_outside {
            self.scan.outside_by_times.add(bytes);
        }
        Ok(is_outside)
    }

    /// True if a segment begins and ends outside the asked time, as far as its first line and that of
    /// the next one tell.
    fn lies_outside(&self, place: usize) -> Result<bool, Error> {
        if self.window == Window::default() {
            return Ok(false);
        }
        let (first, next) = (self.first_line(place)?, self.first_line(place + 1)?);
        Ok(first
            .zip(next)
            .is_some_and(|(first, next)| self.window.misses(first.observed(), next.observed())))
    }

    fn next_first(&self, place: usize) -> Option<u64> {
        self.segments.get(place + 1).map(|segment| segment.first_seq)
    }

    /// Reads the records of a segment in order, as long as `visit` goes on. Each is checked against
    /// the chain from the segment's header on, and so is the header of the next one.
    pub(super) fn read(
        &mut self,
        place: usize,
        mut visit: impl FnMut(Line) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let Some(segment) = self.segments.get(place).cloned() else {
            return Ok(ControlFlow::Continue(()));
        };
        let next = self.next_first(place);
        let first = segment.first_seq;
        let mut read = Reading { next: first, before: None };
        self.scan.segments_read += 1;
        let ended = self.read_lines(&segment, next, &mut read, &mut visit);
        self.scan.note_checked(first, read.next);
        self.scan.end = self.scan.end.max(read.next);
        match ended {
            Ok(flow) => Ok(flow),
            Err(error) => {
                self.scan.note_damage(error, next)?;
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn read_lines(
        &mut self,
        segment: &Segment,
        next: Option<u64>,
        read: &mut Reading,
        visit: &mut impl FnMut(Line) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let mut cursor = self.reader.cursor(segment.first_seq)?;
        loop {
            let Some(line) = cursor.next()? else {
                // Beside a writer the last records may still be on their way to the disk.
                if next.is_some_and(|next| read.next < next) && self.reader.watermark()?.is_none() {
                    self.note_waiting(segment, read.next, next);
                }
                return Ok(ControlFlow::Continue(()));
            };
            let seq = line.seq();
            if next.is_some_and(|next| seq >= next) || seq >= self.seqs.1 {
                return Ok(ControlFlow::Continue(()));
            }
            self.scan.count(&line, read.before.replace(line.observed()));
            read.next = seq + 1;
            if seq >= self.seqs.0 && self.window.contains(line.observed()) && visit(line).is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
    }

    /// Notes that a segment is not given out although another follows it.
    fn note_waiting(&mut self, segment: &Segment, from_seq: u64, next: Option<u64>) {
        let line = from_seq - segment.first_seq + 1;
        let to_seq = next.map(|next| next.saturating_sub(1));
        let reason = "nothing tells whether it is durable".to_owned();
        self.scan.damage.push(Damage {
            segment: segment.name.clone(),
            line,
            from_seq,
            to_seq,
            reason,
        });
    }

    /// The number behind the last record that there is now.
    pub(super) fn tail(&mut self) -> Result<u64, Error> {
        let mut end = self.segments.last().map_or(0, |segment| segment.first_seq);
        let mut cursor = match self.reader.cursor(end) {
            Err(Error::Damaged { .. }) => return Ok(end),
            cursor => cursor?,
        };
        loop {
            match cursor.next() {
                Ok(Some(line)) => {
                    self.scan.bytes_read += line.bytes().len() as u64 + 1;
                    end = line.seq() + 1;
                }
                // What is damaged is told where it is read.
                Ok(None) | Err(Error::Damaged { .. }) => return Ok(end),
                Err(error) => return Err(error),
            }
        }
    }
}

/// How far a segment is read.
struct Reading {
    next: u64,
    before: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use audit_runtime::journal::{Journal, MemoryStorage, Options};

    use super::*;

    #[test]
    fn a_journal_that_was_set_aside_meanwhile_is_not_taken_for_the_one_that_was_read() {
        let storage = MemoryStorage::new();
        let options = || Options { reserve_bytes: 0, ..Options::default() };
        let journal = Journal::open(Arc::new(storage.clone()), options()).unwrap();
        let reader = Reader::over(Arc::new(storage.clone()));
        let walk = Walk::new(&reader, Window::default(), Skip::Never).unwrap();
        walk.confirm().unwrap();
        journal.close().unwrap();
        walk.confirm().unwrap();
        let adopted = Journal::adopt(Arc::new(storage), options(), "a test").unwrap();
        assert!(matches!(walk.confirm(), Err(SearchError::SetAside)));
        adopted.close().unwrap();
    }
}
