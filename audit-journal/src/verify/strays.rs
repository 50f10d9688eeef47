//! Records that stand elsewhere than they should, and places where records should stand.

use super::Kind;
use super::item::{Place, Record};
use super::judge::Judge;

/// Records that are not where they should be.
pub(super) struct Gap {
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) place: Place,
    pub(super) found: u64,
}

/// A record where another one should be.
pub(super) struct Stray {
    pub(super) seq: u64,
    pub(super) place: Place,
    pub(super) expected: u64,
}

impl Judge {
    pub(super) fn stray(&mut self, record: &Record) {
        let (seq, place, expected) = (record.seq, record.place.clone(), self.next);
        self.strays.push(Stray { seq, place, expected });
    }

    pub(super) fn is_missing(&self, seq: u64) -> bool {
        self.gaps.iter().any(|gap| (gap.first..gap.end).contains(&seq))
    }

    /// A copy right before the record that its own follows was taken for its own, and these two for strays: the
    /// longest way along which the numbers grow leaves out the copy alone.
    fn settle_early_copies(&mut self) {
        let is_early = |gap: &Gap, pair: &[Stray]| {
            let is_next = gap.first.checked_add(1) == Some(gap.found) && gap.end == gap.found;
            let is_behind =
                pair.iter().all(|stray| Some(stray.expected) == gap.found.checked_add(1));
            is_next && is_behind && pair[0].seq == gap.first && pair[1].seq == gap.found
        };
        let mut at = 0;
        while let Some(pair) = self.strays.get(at..at + 2) {
            match self.gaps.iter().position(|gap| is_early(gap, pair)) {
                Some(index) => {
                    let Gap { first, place, found, .. } = self.gaps.swap_remove(index);
                    self.strays.splice(at..at + 2, [Stray { seq: found, place, expected: first }]);
                }
                None => at += 1,
            }
        }
    }

    /// A stray record is one that is missing elsewhere, or one too many.
    pub(super) fn settle_strays(&mut self) {
        self.settle_early_copies();
        for stray in std::mem::take(&mut self.strays) {
            let numbers = [stray.expected, stray.seq].map(|seq| Some(format!("seq {seq}")));
            let (kind, reason) = if self.take_missing(stray.seq) {
                (Kind::Reordered, "the record stands elsewhere than it was written")
            } else {
                (Kind::Inserted, "the record is one too many")
            };
            self.report(kind, stray.seq, &stray.place, numbers, reason);
        }
    }

    /// Takes a record out of the gap it is missing from.
    fn take_missing(&mut self, seq: u64) -> bool {
        let is_inside = |gap: &Gap| (gap.first..gap.end).contains(&seq);
        let Some(index) = self.gaps.iter().position(is_inside) else {
            return false;
        };
        let gap = self.gaps.swap_remove(index);
        for (first, end) in [(gap.first, seq), (seq.saturating_add(1), gap.end)] {
            if first < end {
                self.gaps.push(Gap { first, end, place: gap.place.clone(), found: gap.found });
            }
        }
        true
    }

    pub(super) fn settle_gaps(&mut self) {
        for gap in std::mem::take(&mut self.gaps) {
            let numbers = [gap.first, gap.found].map(|seq| Some(format!("seq {seq}")));
            let reason = match gap.end - gap.first {
                1 => "the record is missing".to_owned(),
                count => format!("{count} records are missing, up to seq {}", gap.end - 1),
            };
            self.report(Kind::Missing, gap.first, &gap.place, numbers, &reason);
        }
    }
}
