//! `audited absence`: whether nothing of a kind happened in an interval, and what that rests on.

use std::io::Write;
use std::path::Path;

use audit_consumers::query::{self as ask, Absence, SearchError};
use audit_runtime::journal::{self, DirectoryStorage, Level, Line, Storage, Trust, Verification};
use audit_tlog::{Checkpoint, Note, Proof, Unproven, Untrusted, is_included, leaf};
use serde_json::{Value, json};

use crate::arguments;
use crate::config;
use crate::doubt;
use crate::epochs;
use crate::failure::{Exit, Failure};
use crate::reading::Reading;
use crate::tail;
use crate::terminal::{self, Style};
use crate::verify;

/// How many records and doubts are told; the others are counted.
const SHOWN: usize = 20;

pub(crate) fn run(
    arguments: &arguments::Absence,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let query = ask::Query::parse(&arguments.text)?;
    let journal = config::journal(arguments.trusted.journal.as_deref())?;
    if journal == Path::new("-") {
        let message = "lines from standard input do not tell who was recording: name a directory";
        return Err(Failure::Usage(message.to_owned()));
    }
    let journal = arguments.trusted.directory(journal);
    let filter: String = query.to_string().chars().take(256).collect();
    let mut reading = Reading::of(&journal, "absence", Some(filter));
    let printed = answer(arguments, &query, &journal, &mut reading, out, style);
    reading.end(printed, out)
}

fn answer(
    arguments: &arguments::Absence,
    query: &ask::Query,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let trusted = &arguments.trusted;
    let trust = verify::trust_of(trusted, false)?;
    // What is found is checked after that, so that a service at work has signed it by then.
    let absence = match Absence::find(&config::reader(journal)?, query) {
        Err(error @ SearchError::Unbounded) => return Err(error.into()),
        found => found,
    };
    let (checked, older) = verify::verify(journal, trusted, trust.as_ref())?;
    let is_intact = checked.is_intact() && epochs::are_unchanged(&older);
    if !is_intact || !trusted.json {
        verify::print(&checked, &older, journal, out)?;
    }
    if !is_intact {
        return Ok(Exit::Tampered);
    }
    if let Some(doubt) = doubt::of(&checked, trusted, trust.as_ref()) {
        return Err(Failure::Undecided(doubt));
    }
    let absence = absence?;
    let proofs = proofs(&DirectoryStorage::read_only(journal), &absence, &checked, trust.as_ref())?;
    reading.count_none();
    absence.found.first.iter().take(SHOWN).for_each(|line| reading.count(line));
    let given = trust.map(|trust| {
        if trust.anchors.is_empty() && trust.witnesses.is_empty() {
            Level::Signed
        } else {
            Level::Anchored
        }
    });
    let required = trusted.require.map(Level::from).or(given).unwrap_or(Level::Chain);
    let answer = Answer::of(&absence, &checked, required);
    match trusted.json {
        true => writeln!(out, "{}", answer.report(query, proofs))?,
        false => answer.print(query, out, style)?,
    }
    Ok(answer.exit())
}

/// Proofs of both ends of the interval, where they are signed.
fn proofs(
    storage: &dyn Storage,
    absence: &Absence,
    checked: &Verification,
    trust: Option<&Trust>,
) -> Result<[Option<Proof>; 2], Failure> {
    let proof = |line: &Option<Line>| {
        let line = line.as_ref().filter(|line| Some(line.seq()) < checked.signed_size);
        let proved = line.zip(trust).map(|(line, trust)| proof(storage, line, checked, trust));
        proved.transpose()
    };
    Ok([proof(&absence.before)?, proof(&absence.after)?])
}

/// The proof that a record is signed as it was read for the answer. The check of the journal has read the files once
/// more, and others than the answer if somebody changes them between.
fn proof(
    storage: &dyn Storage,
    line: &Line,
    checked: &Verification,
    trust: &Trust,
) -> Result<Proof, Failure> {
    let proof = journal::prove(storage, line.seq())?;
    let newest = Checkpoint::parse(&proof.checkpoint.text).ok().filter(|newest| {
        match proof.check(line.bytes(), &trust.keys) {
            // By a key that the one given has handed its duty to, as the check has found.
            Err(Unproven::Untrusted(Untrusted::Unknown)) => {
                let (root, size) = (&newest.root, newest.size);
                is_included(root, size, line.seq(), &leaf(line.bytes()), &proof.hashes)
            }
            proven => proven.is_ok(),
        }
    });
    let Some(newest) = newest else {
        return Err(Failure::Tampered(format!(
            "record {} is not signed as it was read for this answer: somebody changes the journal while it is read",
            line.seq()
        )));
    };
    if Some(line.seq()) < checked.anchored_size {
        hold(storage, &newest, checked, trust)?;
    }
    Ok(proof)
}

/// Holds the newest checkpoint against that given one up to which the journal is anchored.
fn hold(
    storage: &dyn Storage,
    newest: &Checkpoint,
    checked: &Verification,
    trust: &Trust,
) -> Result<(), Failure> {
    let anchor = |note: &Note| {
        let anchor = Checkpoint::parse(&note.text).ok()?;
        let is_it = Some(anchor.size) == checked.anchored_size && anchor.origin == newest.origin;
        (is_it && note.signers(&trust.keys).is_ok()).then_some(anchor)
    };
    for anchor in trust.anchors.iter().filter_map(anchor) {
        let (from, to) =
            if anchor.size < newest.size { (&anchor, newest) } else { (newest, &anchor) };
        journal::prove_consistency(storage, from, to)?;
    }
    Ok(())
}

/// What was found, and what is not shown.
struct Answer<'a> {
    absence: &'a Absence,
    checked: &'a Verification,
    /// That of the first record behind the interval, whose hash stands for all before it.
    level: Level,
    doubts: Vec<String>,
}

impl<'a> Answer<'a> {
    fn of(absence: &'a Absence, checked: &'a Verification, required: Level) -> Self {
        let end = absence.after.as_ref().map(Line::seq);
        let is_below = |size: Option<u64>| end.zip(size).is_some_and(|(end, size)| end < size);
        let level = match () {
            () if !is_below(checked.signed_size) => Level::Chain,
            () if is_below(checked.anchored_size) => Level::Anchored,
            () => Level::Signed,
        };
        let mut doubts: Vec<_> =
            absence.doubts.first.iter().take(SHOWN).map(ToString::to_string).collect();
        let more = absence.doubts.count.saturating_sub(SHOWN as u64);
        doubts.extend((more > 0).then(|| format!("there are {more} more such reasons")));
        if let Some(end) = end.filter(|_| level < required) {
            let what = if required == Level::Anchored { "anchored" } else { "signed" };
            let (required, level) = (required.name(), level.name());
            doubts.push(format!("record {end} is not yet {what}: level {required} is required, and {level} was reached"));
        }
        Self { absence, checked, level, doubts }
    }

    fn exit(&self) -> Exit {
        match (self.absence.found.count, self.doubts.is_empty()) {
            (1.., _) => Exit::Tampered,
            (0, false) => Exit::Undecided,
            (0, true) => Exit::Ok,
        }
    }

    fn print(&self, query: &ask::Query, out: &mut impl Write, style: Style) -> Result<(), Failure> {
        let Absence { before, after, between, found, .. } = self.absence;
        let seconds = self.absence.silence_ns_max / 1_000_000_000;
        writeln!(out, "\nasked: {}", terminal::escape(&query.to_string()))?;
        for (line, place) in [(before, "last before"), (after, "first behind")] {
            if let Some(line) = line {
                writeln!(
                    out,
                    "record {} of {} is the {place} the interval",
                    line.seq(),
                    line.observed()
                )?;
            }
        }
        writeln!(
            out,
            "records between, without a hole in their numbers: {between}; asked for: {}",
            found.count
        )?;
        for line in found.first.iter().take(SHOWN) {
            writeln!(out, "{}", tail::row(line, style))?;
        }
        writeln!(out, "a service that lives is silent for {seconds} s at most, by its heartbeats")?;
        for doubt in &self.doubts {
            writeln!(out, "NOT SHOWN: {}", terminal::escape(doubt))?;
        }
        let level = self.level.name();
        let ending = match self.exit() {
            Exit::Ok => {
                "SHOWN: nothing of what is asked was recorded in the interval, and somebody was recording all the time"
            }
            Exit::Undecided => {
                "CANNOT DECIDE: nothing of what is asked is recorded in the interval, but for what is not shown"
            }
            _ => "FOUND: there are records of what is asked in the interval",
        };
        Ok(writeln!(out, "{ending} (level {level})")?)
    }

    /// With what somebody else needs to check it: the lines at both ends, and their proofs.
    fn report(&self, query: &ask::Query, proofs: [Option<Proof>; 2]) -> Value {
        let Absence { from, to, before, after, between, found, .. } = self.absence;
        let [before, after] = [(before, &proofs[0]), (after, &proofs[1])].map(|(line, proof)| {
            let line = line.as_ref()?;
            let proof = proof.as_ref().map(ToString::to_string);
            let (seq, observed) = (line.seq(), line.observed().to_string());
            let line = String::from_utf8_lossy(line.bytes());
            Some(json!({"seq": seq, "observed": observed, "line": line, "proof": proof}))
        });
        let seqs: Vec<u64> = found.first.iter().map(Line::seq).collect();
        json!({
            "query": query.to_string(), "from": from.to_string(), "to": to.to_string(),
            "shown": self.exit() == Exit::Ok, "level": self.level,
            "before": before, "after": after, "between": between,
            "found": found.count, "found_seqs": seqs, "not_shown": self.doubts,
            "silence_ns_max": self.absence.silence_ns_max, "verification": self.checked,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use audit_runtime::journal::{Journal, MemoryStorage, Options, Reader};
    use audit_tlog::{Signer as _, SigningKey};

    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed("example/shop", [seed; 32]).unwrap()
    }

    /// A journal with one record, which somebody with the key has signed.
    fn journal(word: &str) -> (MemoryStorage, Line) {
        let storage = MemoryStorage::new();
        let (origin, signer) = (Some("example/shop".to_owned()), Some(Arc::new(key(1)) as Arc<_>));
        let options = Options { origin, signer, ..Options::default() };
        let mut journal = Journal::open(Arc::new(storage.clone()), options).unwrap();
        journal.append(format!("\"word\":\"{word}\"").as_bytes()).unwrap();
        let seq = journal.commit().unwrap().first_seq;
        journal.close().unwrap();
        let reader = Reader::over(Arc::new(storage.clone()));
        let line = reader.cursor(seq).unwrap().next().unwrap().unwrap();
        (storage, line)
    }

    fn is_proven(
        storage: &MemoryStorage,
        line: &Line,
        checked: &Verification,
        trust: &Trust,
    ) -> bool {
        match proof(storage, line, checked, trust) {
            Ok(proof) => proof.index == line.seq(),
            Err(Failure::Tampered(_)) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_record_that_was_read_otherwise_than_it_is_signed_is_told() {
        let ((storage, line), (_, other)) = (journal("as it was"), journal("as somebody has it"));
        let trusted = |seed| Trust { keys: vec![key(seed).verifier().clone()], ..Trust::default() };
        let checked = journal::verify_signed(&storage, &trusted(1)).unwrap();
        // The second key has handed its duty to the first, as the check would have found.
        for seed in [1, 2] {
            let trust = trusted(seed);
            assert!(is_proven(&storage, &line, &checked, &trust), "{seed}");
            assert!(!is_proven(&storage, &other, &checked, &trust), "{seed}");
        }
    }

    #[test]
    fn a_record_that_the_key_has_signed_twice_is_held_against_the_anchor() {
        let ((storage, line), (rewritten, other)) = (journal("as it was"), journal("otherwise"));
        let anchor = journal::prove(&storage, line.seq()).unwrap().checkpoint;
        let keys = vec![key(1).verifier().clone()];
        let trust = Trust { keys, anchors: vec![anchor], ..Trust::default() };
        let checked = journal::verify_signed(&storage, &trust).unwrap();
        assert_eq!(checked.anchored_size, checked.signed_size);
        assert!(is_proven(&storage, &line, &checked, &trust));
        assert!(!is_proven(&rewritten, &other, &checked, &trust));
    }
}
