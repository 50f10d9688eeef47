//! Decides what has happened to a record, from the records around it.

use super::item::{Flaw, Garbage, Item, Place, Record};
use super::notes::Seen;
use super::strays::{Gap, Stray};
use super::tree::{Anchors, Tree};
use super::{Finding, Kind, Verification};
use crate::digest::Digest;
use crate::line;
use crate::newer;
use crate::pruned::{Pruned, Statement};
use crate::segment;
use crate::time::Timestamp;

/// Follows the chain over all items and collects what is wrong.
pub(super) struct Judge {
    pub(super) next: u64,
    tips: Tips,
    observed: Option<Timestamp>,
    /// The journal's name, once a header has told it.
    origin: Option<String>,
    pub(super) gaps: Vec<Gap>,
    pub(super) strays: Vec<Stray>,
    awaited: Option<Awaited>,
    /// The file in which a line of a later version was met, and that version: nothing more can be judged.
    later: Option<Later>,
    /// What was signed, if that is checked.
    tree: Option<Tree>,
    verification: Verification,
}

/// A line that a later version has written.
#[derive(Clone)]
pub(super) struct Later {
    pub(super) segment: String,
    pub(super) version: u64,
}

/// The record of what was pruned, which is believed once it is met as a record of the journal.
struct Awaited {
    pruned: Pruned,
    stated: Digest,
    /// It may stand behind records that are missing.
    is_behind_gaps: bool,
}

/// The hashes that the next record may continue.
pub(super) struct Tips {
    /// As the last record states it, and as computed from its bytes if those disagree.
    pub(super) hashes: Vec<Digest>,
    /// False if none of them need be right: then the next record cannot be checked.
    pub(super) sure: bool,
}

impl Judge {
    pub(super) fn new() -> Self {
        Self {
            next: 0,
            tips: Tips { hashes: Vec::new(), sure: false },
            observed: None,
            origin: None,
            gaps: Vec::new(),
            strays: Vec::new(),
            awaited: None,
            later: None,
            tree: None,
            verification: Verification::default(),
        }
    }

    /// Compares the records with what was signed, too.
    pub(super) fn with_tree(&mut self, tree: Option<Tree>) {
        self.tree = tree;
    }

    /// What was signed, if that is checked.
    pub(super) fn tree(&mut self) -> Option<&mut Tree> {
        self.tree.as_mut()
    }

    /// Takes the record `seq` for the first one that is due.
    pub(super) fn start_at(&mut self, seq: u64) {
        self.next = seq;
    }

    /// Takes the records up to the one before `seq`, which had the hash `tip`, for judged.
    pub(super) fn start_behind(&mut self, seq: u64, tip: Digest) {
        self.start_at(seq);
        self.tips = Tips { hashes: vec![tip], sure: true };
        if let Some(tree) = &mut self.tree {
            tree.start_behind(seq);
        }
    }

    /// Looks out for the record of what was pruned. Where records are missing before it, it counts
    /// only if it was acknowledged: so many are durable.
    pub(super) fn await_statement(&mut self, statement: &Statement, durable: u64) {
        let (pruned, stated) = (statement.pruned.clone(), statement.stated);
        self.awaited = Some(Awaited { is_behind_gaps: pruned.seq < durable, pruned, stated });
    }

    /// The record that is due next.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Where a line of a later version was met.
    pub(super) fn later(&self) -> Option<&Later> {
        self.later.as_ref()
    }

    /// True if all before the record `next` has been judged, and may have `hash`.
    pub(super) fn ends_at(&self, next: u64, hash: Option<Digest>) -> bool {
        let may_be = |hash| !self.tips.sure || self.tips.hashes.contains(&hash);
        self.next == next && hash.is_none_or(may_be)
    }

    /// How much damage has been found so far.
    pub(super) fn found(&self) -> usize {
        let findings = self.verification.findings.iter();
        let damages = findings.filter(|finding| !finding.kind.is_warning()).count();
        damages + self.gaps.len() + self.strays.len()
    }

    /// Judges an item; `following` is the number of the record right behind it, where there is one.
    pub(super) fn judge(&mut self, item: &Item, following: Option<u64>) {
        if let Some(tree) = &mut self.tree {
            tree.reach(&item.place().segment);
        }
        match item {
            Item::Garbage(garbage) => self.judge_garbage(garbage, following),
            Item::Record(record) if record.seq == self.next => self.judge_due(record, following),
            Item::Record(record) => self.judge_other(record, following),
        }
    }

    /// Ends the check at `end`: so many acknowledged records should be there, and all that were signed.
    pub(super) fn finish(mut self, acknowledged: u64, end: &Place) -> Verification {
        let (signed, unsure_from) = self.finish_tree();
        let due = signed.max(acknowledged);
        if self.next < due {
            let counts = [due, self.next].map(|count| Some(format!("{count} records")));
            let mut reason = match signed > acknowledged {
                true => "records that were signed are gone from the end",
                false => "acknowledged records are gone from the end",
            }
            .to_owned();
            if unsure_from < self.next {
                reason += &format!(
                    "; of those from seq {unsure_from} on nothing tells whether they are the ones that stood before them"
                );
            }
            self.report(Kind::Truncated, self.next, end, counts, &reason);
        }
        self.settle_strays();
        self.settle_gaps();
        let findings = &mut self.verification.findings;
        findings.sort_by(|one, two| (&one.segment, one.offset).cmp(&(&two.segment, two.offset)));
        self.verification
    }

    /// Takes what the tree has shown, and returns how many records were signed, and from which on nothing tells.
    fn finish_tree(&mut self) -> (u64, u64) {
        let Some(tree) = self.tree.take() else { return (0, u64::MAX) };
        let outcome = tree.finish(self.next);
        let verification = &mut self.verification;
        verification.findings.extend(outcome.findings);
        verification.signed_size = outcome.signed_size;
        verification.anchored_size = outcome.anchored_size;
        if let Some(Seen { at, by }) = outcome.seen {
            let nanos = i64::try_from(at).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
            verification.anchored_at = Some(Timestamp::from_unix_nanos(nanos).to_string());
            verification.anchored_by = Some(by);
        }
        let Anchors { uncompared, reasons, passed_over, is_by_anchor, is_by_witness } =
            outcome.anchors;
        (verification.uncompared, verification.uncompared_reasons) = (uncompared, reasons);
        verification.passed_over = passed_over;
        (verification.is_by_anchor, verification.is_by_witness) = (is_by_anchor, is_by_witness);
        (outcome.due, outcome.unsure_from)
    }

    /// A record with the number that is due.
    fn judge_due(&mut self, record: &Record, following: Option<u64>) {
        let origin = record.origin().filter(|_| record.seq == 0);
        if let Some(origin) = origin {
            self.tips = Tips { hashes: vec![Digest::of(origin.as_bytes())], sure: true };
        }
        let fits = self.tips.fit(record);
        if fits || !self.tips.sure {
            let flaw = record.flaw(&self.tips);
            match flaw.or_else(|| self.other_origin(record)) {
                None => {
                    self.believe(record, fits && self.tips.sure);
                    self.accept(record);
                }
                Some((numbers, reason)) => {
                    self.report(Kind::Edited, record.seq, &record.place, numbers, &reason);
                    self.pass(record.seq);
                    self.tips = Tips { hashes: vec![record.stated], sure: true };
                }
            }
        } else if following == Some(self.next) {
            self.stray(record);
        } else {
            let computed = self.tips.computed(record);
            let hashes = [computed, Some(record.stated)].map(|hash| Some(hash?.to_string()));
            let reason = "its hash does not follow from its bytes and the record before it";
            self.report(Kind::Edited, record.seq, &record.place, hashes, reason);
            self.pass(self.next);
            let hashes = computed.into_iter().chain([record.stated]).collect();
            self.tips = Tips { hashes, sure: true };
        }
    }

    /// What a header says that is of another journal than those before it.
    fn other_origin(&mut self, record: &Record) -> Option<Flaw> {
        let found = record.origin()?;
        let own = self.origin.get_or_insert_with(|| found.to_owned());
        let origins = [own.as_str(), found].map(|it| Some(it.to_owned()));
        (own != found).then(|| (origins, "its header names another journal".to_owned()))
    }

    /// A record with another number than the one that is due.
    fn judge_other(&mut self, record: &Record, following: Option<u64>) {
        let numbers = [self.next, record.seq].map(|seq| Some(format!("seq {seq}")));
        let is_ahead = record.seq > self.next;
        if following.is_some()
            && following == self.next.checked_add(1)
            && !self.is_missing(record.seq)
        {
            let reason = "a line with another number stands in its place";
            self.report(Kind::Edited, self.next, &record.place, numbers, reason);
            let computed = self.tips.computed(record);
            self.pass(self.next);
            let hashes = computed.into_iter().chain([record.stated]).collect();
            self.tips = Tips { hashes, sure: false };
        } else if is_ahead
            && (following != Some(self.next) || Some(record.seq) == self.next.checked_add(1))
        {
            let (first, end, place) = (self.next, record.seq, record.place.clone());
            self.gaps.push(Gap { first, end, place, found: record.seq });
            self.accept(record);
        } else {
            self.stray(record);
        }
    }

    /// Judges a whole line behind the last record that the journal cannot have written.
    pub(super) fn judge_foreign(&mut self, garbage: &Garbage) {
        let (seq, place) = (self.next, &garbage.place);
        let reason = format!(
            "the journal did not write this line behind its last record: {}",
            garbage.reason
        );
        self.report(Kind::Inserted, seq, place, [None, None], &reason);
    }

    /// Judges the bytes that a failed sync left where the record `seq` should stand.
    pub(super) fn judge_superseded(&mut self, seq: u64, place: &Place, bytes: u64) {
        let reason = format!(
            "a failed sync left {bytes} bytes, none of them acknowledged; the journal went on in {}",
            segment::name(seq)
        );
        self.report(Kind::Superseded, seq, place, [None, None], &reason);
    }

    fn judge_garbage(&mut self, garbage: &Garbage, following: Option<u64>) {
        if self.meets_later(garbage) {
            return;
        }
        let (seq, place) = (self.next, &garbage.place);
        if following == Some(seq) {
            let reason = format!("bytes that are no record stand before it: {}", garbage.reason);
            self.report(Kind::Inserted, seq, place, [None, None], &reason);
            return;
        }
        self.report(Kind::Edited, seq, place, [None, None], garbage.reason);
        self.pass(seq);
        let hashes: Vec<_> = garbage.stated.into_iter().collect();
        self.tips = Tips { sure: !hashes.is_empty(), hashes };
    }

    /// True if this is a line that continues the chain, and that a later version has written.
    pub(super) fn meets_later(&mut self, garbage: &Garbage) -> bool {
        let Some(line) = &garbage.later else { return false };
        let first = || newer::version_of_first(line).filter(|_| garbage.place.offset == 0);
        let mut tips = self.tips.hashes.iter().filter(|_| self.tips.sure);
        let found = tips.find_map(|tip| newer::version_behind(line, tip)).or_else(first);
        let segment = || garbage.place.segment.clone();
        self.later = found.map(|version| Later { segment: segment(), version });
        found.is_some()
    }

    /// Takes the journal for pruned as the record says, if it is the awaited one and the chain
    /// vouches for it.
    fn believe(&mut self, record: &Record, is_vouched: bool) {
        let has_no_gap = self.gaps.is_empty();
        let told = self.awaited.take_if(|awaited| {
            let is_it = awaited.pruned.seq == record.seq && awaited.stated == record.stated;
            is_vouched && is_it && (has_no_gap || awaited.is_behind_gaps)
        });
        if let Some(Awaited { pruned, .. }) = told {
            self.verification.pruned = Some(pruned);
        }
    }

    /// Takes a record as it stands.
    fn accept(&mut self, record: &Record) {
        let before = self.observed.replace(record.observed);
        if let Some(before) = before.filter(|before| *before > record.observed) {
            let times = [before, record.observed].map(|time| Some(time.to_string()));
            let reason = "the clock was set back before it was written";
            self.report(Kind::Clock, record.seq, &record.place, times, reason);
        }
        self.verification.records += 1;
        if let Some(tree) = &mut self.tree {
            tree.follow(record);
        }
        self.pass(record.seq);
        self.tips = Tips { hashes: vec![record.stated], sure: true };
    }

    /// Goes on behind the record `seq`, which stands here or did so once.
    fn pass(&mut self, seq: u64) {
        self.verification.first_seq.get_or_insert(seq);
        self.verification.last_seq = Some(seq);
        self.next = seq.saturating_add(1);
    }

    pub(super) fn report(
        &mut self,
        kind: Kind,
        seq: u64,
        place: &Place,
        hashes: [Option<String>; 2],
        reason: &str,
    ) {
        self.verification.findings.push(Finding::at(kind, seq, place, hashes, reason));
    }
}

impl Tips {
    fn fit(&self, record: &Record) -> bool {
        self.hashes.iter().any(|tip| record.follows(tip))
    }

    fn computed(&self, record: &Record) -> Option<Digest> {
        self.hashes.first().map(|tip| line::link(tip, line::hashed(&record.bytes)))
    }
}
