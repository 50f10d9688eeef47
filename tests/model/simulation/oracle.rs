//! The naive model: a list of lines that must be there, and what may or may not be there behind it.

use std::collections::{BTreeMap, BTreeSet};

use audit_runtime::journal::{Appended, Committed, Finding, Kind};

use super::line::{self, text};
use super::readers::Seen;

/// A record that must come with the next commit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    Body(String),
    /// A clock that jumped by so many nanoseconds.
    Clock(i64),
    /// After at least so many nanoseconds without a record.
    Heartbeat(u64),
    Stop,
    Full,
    Resumed(u64, u64),
    /// The first and the last record that go, and the hash of that.
    Pruned(u64, u64, String),
}

impl Entry {
    fn action(&self) -> &'static str {
        match self {
            Self::Body(_) => "",
            Self::Clock(_) => "JournalClock",
            Self::Heartbeat(_) => "JournalHeartbeat",
            Self::Stop => "JournalStop",
            Self::Full => "JournalFull",
            Self::Resumed(..) => "JournalResumed",
            Self::Pruned(..) => "JournalPruned",
        }
    }

    fn is(&self, line: &[u8]) -> bool {
        if let Self::Body(body) = self {
            return line::body(line) == body.as_bytes();
        }
        let told = line::journal(line);
        line::action(line) == self.action()
            && match self {
                Self::Clock(jump) => told["jump_ns"] == *jump,
                Self::Heartbeat(idle) => told["idle_ns"].as_u64() == Some(*idle),
                Self::Resumed(lost, unrecorded) => {
                    told["after"] == "full"
                        && told["lost"] == *lost
                        && told["unrecorded"] == *unrecorded
                }
                Self::Pruned(first, last, hash) => {
                    told["first_seq"] == *first
                        && told["last_seq"] == *last
                        && told["h"] == hash.as_str()
                }
                Self::Body(_) | Self::Stop | Self::Full => true,
            }
    }
}

/// What is known of one epoch.
#[derive(Default)]
pub(super) struct Oracle {
    /// All lines that are acknowledged, or that a writer has found and gone on behind.
    pub(super) settled: Vec<Vec<u8>>,
    pub(super) staged: Vec<Entry>,
    /// The bodies of a batch that was neither acknowledged nor given up.
    doubtful: Vec<String>,
    /// The journal's own records that may stand among those.
    doubtful_actions: BTreeSet<&'static str>,
    /// What readers have seen behind the settled end.
    glimpsed: BTreeMap<u64, Seen>,
    /// The step that is taken, and the one that last settled something.
    step: u64,
    settled_at: u64,
    /// A start has failed since the last one that did not.
    has_failed_start: bool,
    /// How often things were seen to happen.
    pub(super) reached: BTreeMap<String, u64>,
}

impl Oracle {
    /// How many records are settled: the number of the next one.
    pub(super) fn next(&self) -> u64 {
        self.settled.len() as u64
    }

    pub(super) fn count(&mut self, what: &str) {
        *self.reached.entry(what.to_owned()).or_default() += 1;
    }

    /// Forgets the epoch: the next one has no record yet.
    pub(super) fn begin_epoch(&mut self) {
        *self = Self {
            reached: std::mem::take(&mut self.reached),
            doubtful_actions: std::mem::take(&mut self.doubtful_actions),
            has_failed_start: self.has_failed_start,
            step: self.step,
            ..Self::default()
        };
    }

    /// The number of the step that is taken.
    pub(super) fn begin_step(&mut self, number: u64) {
        self.step = number;
    }

    /// Takes what a writer has made durable: a header of this reason, if one, and then the entries.
    pub(super) fn settle(
        &mut self,
        committed: &Committed<'_>,
        reason: Option<&str>,
        entries: &[Entry],
    ) -> Result<(), String> {
        let lines = line::all(committed.lines);
        let numbers = (committed.first_seq, committed.next_seq);
        if numbers != (self.next(), self.next() + lines.len() as u64) {
            return Err(format!("a batch says {numbers:?}, and {} were settled", self.next()));
        }
        let mut rest = lines.as_slice();
        let header = line::header(rest.first());
        if header.is_some() {
            rest = &rest[1..];
        }
        let told = header.as_ref().map(|header| text(&header["reason"]));
        if told.as_deref() != reason {
            return Err(format!("a batch has the header {told:?}, where {reason:?} is due"));
        }
        if let Some(header) = &header {
            self.check_header(header)?;
        }
        let fits = entries.iter().zip(rest).all(|(entry, line)| entry.is(line));
        if !fits || entries.len() != rest.len() {
            let rest: Vec<_> = rest.iter().map(|line| line::shown(line)).collect();
            return Err(format!("a batch is {rest:#?}, where {entries:#?} is due"));
        }
        let expected = expected_records(self.next(), &lines);
        if expected != committed.records {
            return Err(format!("a commit tells {:?} of {expected:?}", committed.records));
        }
        self.accept(lines)
    }

    /// The header names the end that the settled lines have, and what was open when it was staged.
    fn check_header(&self, header: &serde_json::Value) -> Result<(), String> {
        let open = header["open"][0]["step"].as_u64().unwrap_or(u64::MAX);
        if !(self.settled_at..=self.step).contains(&open) {
            return Err(format!("a header of step {} says what is open: {header}", self.step));
        }
        let Some((last, start)) = self.settled.last().zip(self.segment_start()) else {
            return Ok(());
        };
        let previous = &header["previous"];
        let expected = (line::segment(start as u64), self.next() - 1, line::hash(last));
        let stated = (text(&previous["segment"]), previous["last_seq"].as_u64(), &previous["h"]);
        if (&stated.0, stated.1, text(stated.2)) != (&expected.0, Some(expected.1), expected.2) {
            return Err(format!("a header names the end {previous}"));
        }
        Ok(())
    }

    /// Lines that a batch ends with were written and not settled, if the whole was not.
    pub(super) fn doubt(&mut self, more: &[&'static str]) {
        for entry in std::mem::take(&mut self.staged) {
            match entry {
                Entry::Body(body) => self.doubtful.push(body),
                own => _ = self.doubtful_actions.insert(own.action()),
            }
        }
        self.doubtful_actions.extend(more);
    }

    /// A start has failed, and may have written some of its records.
    pub(super) fn fail_start(&mut self) {
        self.has_failed_start = true;
        self.doubtful_actions.extend(["JournalStart", "JournalRecovered", "JournalFull"]);
        self.doubtful_actions.extend(["JournalSignedAnew", "JournalKeyRotated"]);
    }

    /// Takes the journal as a new writer has found and begun it.
    pub(super) fn open(
        &mut self,
        lines: Vec<Vec<u8>>,
        committed: &Committed<'_>,
    ) -> Result<(), String> {
        self.check_prefix(&lines)?;
        let first = usize::try_from(committed.first_seq).unwrap();
        if first < self.settled.len() || lines[first..] != line::all(committed.lines) {
            return Err(format!("a start has not written what it tells, from record {first} on"));
        }
        self.check_extra(&lines[self.settled.len()..first])?;
        self.check_start(first.checked_sub(1).map(|last| &lines[last]), &lines[first..])?;
        for seen in std::mem::take(&mut self.glimpsed).into_values() {
            if lines.get(usize::try_from(seen.seq).unwrap()) != Some(&seen.bytes) {
                return Err(format!(
                    "a reader has seen {} and it is gone",
                    line::shown(&seen.bytes)
                ));
            }
        }
        self.staged.clear();
        self.doubtful.clear();
        self.doubtful_actions.clear();
        self.has_failed_start = false;
        let settled = self.settled.len();
        self.accept(lines[settled..].to_vec())
    }

    /// Every settled line is where it was, byte for byte.
    pub(super) fn check_prefix(&self, lines: &[Vec<u8>]) -> Result<(), String> {
        for (seq, settled) in self.settled.iter().enumerate() {
            if lines.get(seq) != Some(settled) {
                let found = lines.get(seq).map(|line| line::shown(line));
                let settled = line::shown(settled);
                return Err(format!(
                    "the acknowledged record {seq} is gone: {settled}; found {found:?}"
                ));
            }
        }
        Ok(())
    }

    /// What stands behind the settled lines is a part of what is doubtful, from its start on.
    pub(super) fn check_extra(&self, lines: &[Vec<u8>]) -> Result<(), String> {
        let (own, bodies): (Vec<_>, Vec<_>) =
            lines.iter().partition(|line| !line::action(line).is_empty());
        let is_known = |line: &&Vec<u8>| {
            let action = line::action(line);
            action == line::HEADER || self.doubtful_actions.contains(action.as_str())
        };
        let doubtful: Vec<&[u8]> = self.doubtful.iter().map(String::as_bytes).collect();
        let bodies: Vec<&[u8]> = bodies.iter().map(|line| line::body(line)).collect();
        if !own.iter().all(is_known) || !doubtful.starts_with(&bodies) {
            let lines: Vec<_> = lines.iter().map(|line| line::shown(line)).collect();
            return Err(format!("these were never appended, or given up: {lines:#?}"));
        }
        Ok(())
    }

    /// The records of a start: of torn bytes, and of whether the run before had its orderly end.
    fn check_start(&self, before: Option<&Vec<u8>>, lines: &[Vec<u8>]) -> Result<(), String> {
        let actions: Vec<String> = lines.iter().map(|line| line::action(line)).collect();
        let own = actions.strip_prefix([line::HEADER.to_owned()].as_slice()).unwrap_or(&actions);
        // The batch of the start may have taken the last of the room.
        let own = own.strip_suffix(["JournalFull".to_owned()].as_slice()).unwrap_or(own);
        let own = own.strip_suffix(["JournalKeyRotated".to_owned()].as_slice()).unwrap_or(own);
        let own = own.strip_suffix(["JournalSignedAnew".to_owned()].as_slice()).unwrap_or(own);
        let Some((start, torn)) = own.split_last() else {
            return Err("a start has no record".into());
        };
        if start != "JournalStart" || torn.iter().any(|action| action != "JournalRecovered") {
            return Err(format!("a start is recorded as {actions:?}"));
        }
        let start = lines.iter().find(|line| line::action(line) == "JournalStart");
        let is_unclean = start.map(|line| line::journal(line)["unclean"] == true);
        let expected = match before {
            Some(last) => line::action(last) != "JournalStop",
            // A start that failed may have left a torn header.
            None => self.has_failed_start && is_unclean == Some(true),
        };
        if is_unclean != Some(expected) {
            return Err(format!("a start says unclean: {is_unclean:?}, where {expected} is due"));
        }
        Ok(())
    }

    fn accept(&mut self, lines: Vec<Vec<u8>>) -> Result<(), String> {
        self.settled_at = self.step;
        for line in lines {
            match line::action(&line).as_str() {
                "" => self.count("acknowledged"),
                line::HEADER => {
                    let reason = text(&line::journal(&line)["reason"]);
                    self.count(&format!("segment: {reason}"));
                }
                action => self.count(action),
            }
            if let Some(seen) = self.glimpsed.remove(&self.next())
                && seen.bytes != line
            {
                return Err(format!("a reader has seen {}", line::shown(&seen.bytes)));
            }
            self.settled.push(line);
        }
        Ok(())
    }

    /// Checks what readers have seen; beside a living writer that is no more than what is settled.
    pub(super) fn see(&mut self, seen: Vec<Seen>, is_alone: bool) -> Result<(), String> {
        for seen in seen {
            self.count("seen");
            let settled = self.settled.get(usize::try_from(seen.seq).unwrap());
            let shown = line::shown(&seen.bytes);
            if settled.is_some_and(|settled| *settled != seen.bytes) {
                return Err(format!("a reader was given another record: {shown}"));
            }
            if settled.is_none() && !is_alone {
                return Err(format!("a reader was given what is not durable: {shown}"));
            }
            if settled.is_none() {
                let before = self.glimpsed.insert(seen.seq, seen.clone());
                if before.is_some_and(|before| before.is_firm && before.bytes != seen.bytes) {
                    return Err(format!("a reader was given two records: {shown}"));
                }
            }
        }
        Ok(())
    }

    /// What was seen without a writer, past the watermark, may be gone now.
    pub(super) fn forget_unfirm(&mut self) {
        self.glimpsed.retain(|_, seen| seen.is_firm);
    }

    /// Each file of torn bytes is named by just one record.
    pub(super) fn check_recovered(&self, files: &[&String]) -> Result<(), String> {
        let recovered = self.settled.iter().filter(|line| line::action(line) == "JournalRecovered");
        let mut named: Vec<String> =
            recovered.map(|line| text(&line::journal(line)["file"])).collect();
        named.sort_unstable();
        match named.iter().collect::<Vec<_>>() == files {
            true => Ok(()),
            false => Err(format!("{files:?} are in quarantine, and records name {named:?}")),
        }
    }

    /// Where the last segment begins among the settled lines.
    pub(super) fn segment_start(&self) -> Option<usize> {
        self.settled.iter().rposition(|line| line::action(line) == line::HEADER)
    }

    /// The durable bytes of the last segment.
    pub(super) fn segment_length(&self) -> u64 {
        let lines = self.settled.iter().skip(self.segment_start().unwrap_or(0));
        lines.map(|line| line.len() as u64 + 1).sum()
    }

    /// The check of the lines from `kept_from` on finds the times that go back, what failed syncs left, and nothing else.
    pub(super) fn check_findings(
        &self,
        kept_from: u64,
        findings: &[Finding],
    ) -> Result<(), String> {
        let times: Vec<String> = self.settled.iter().map(|line| line::observed(line)).collect();
        // Nothing stands before the first record any more that it could be compared with.
        let goes_back = |seq: &usize| *seq as u64 > kept_from && times[*seq] < times[seq - 1];
        let backwards: Vec<u64> =
            (0..times.len()).filter(goes_back).map(|seq| seq as u64).collect();
        let of = |kind: Kind| -> Vec<u64> {
            let found = findings.iter().filter(|finding| finding.kind == kind);
            found.map(|finding| finding.seq).filter(|seq| *seq < self.next()).collect()
        };
        let left_over = |seq: &u64| {
            let header = self.settled.get(usize::try_from(*seq).unwrap());
            line::header(header).is_some_and(|header| header["reason"] == "sync_failed")
        };
        let is_expected = of(Kind::Clock) == backwards
            && of(Kind::Superseded).iter().all(left_over)
            && findings.iter().all(|finding| finding.kind.is_warning())
            && (self.settled.is_empty() || of(Kind::Watermark).is_empty());
        match is_expected {
            true => Ok(()),
            false => Err(format!("verify finds {findings:#?}, and times go back at {backwards:?}")),
        }
    }
}

/// The places of the caller's records among these lines.
fn expected_records(first: u64, lines: &[Vec<u8>]) -> Vec<Appended> {
    // What was pruned is recorded because the caller has asked for it.
    let is_callers = |line: &Vec<u8>| ["", "JournalPruned"].contains(&line::action(line).as_str());
    let numbered = (first..).zip(lines).filter(|(_, line)| is_callers(line));
    let records = numbered.filter_map(|(seq, line)| {
        let hash = audit_runtime::Digest::parse(&line::hash(line))?;
        Some(Appended { seq, hash })
    });
    records.collect()
}
