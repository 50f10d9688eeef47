//! Checks a whole journal and names every record that is not as it was written.

mod ahead;
mod aside;
mod compare;
mod effort;
mod fact;
mod former;
mod front;
mod history;
mod item;
mod judge;
mod look;
mod meet;
mod notes;
mod rotation;
mod strays;
mod stream;
mod superseded;
mod tree;
mod walk;

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read};

use audit_tlog::{Checkpoint, Note};
use serde::{Deserialize, Serialize};

pub use effort::{Effort, Progress};
use item::Place;
pub use notes::Trust;

use super::error::Error;
use super::pruned::{self, Pruned};
use super::segment;
use super::signed;
use super::storage::Storage;

/// What a check of the chain has found.
///
/// The chain shows that the journal is consistent with itself. Whoever may write to it can compute
/// the whole chain anew; only signatures and anchors outside the journal tell that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// How many records are there, damaged ones not counted.
    pub records: u64,
    /// The first of them.
    pub first_seq: Option<u64>,
    /// The last of them.
    pub last_seq: Option<u64>,
    /// All damage in the order of the journal, and warnings.
    pub findings: Vec<Finding>,
    /// What was pruned before the first record, if a record says exactly that; of what may be
    /// left of it only the end is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned: Option<Pruned>,
    /// What a crash left behind the last record, never acknowledged; opening the journal for
    /// writing moves it aside.
    pub unfinished: Option<Unfinished>,
    /// How many records are as a trusted key has signed them; `None` if that was not asked for, or for none.
    pub signed_size: Option<u64>,
    /// How many are as a checkpoint has them that was kept elsewhere.
    pub anchored_size: Option<u64>,
    /// When a trusted witness has cosigned that checkpoint, if one has; of several the first.
    pub anchored_at: Option<String>,
    /// The name of this witness.
    pub anchored_by: Option<String>,
    /// How many such checkpoints, of more records than that, could not be compared: what they speak of is
    /// damaged or pruned, and the tiles do not tell, or no trusted key vouches for them.
    #[serde(skip_serializing_if = "is_none")]
    pub uncompared: u64,
    /// Why, of each of the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uncompared_reasons: Vec<String>,
    /// The names of other journals of which trusted keys have signed such checkpoints: these were passed over.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub passed_over: BTreeSet<String>,
    /// The journal's name, as its first header has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// A writer is at work, who signs the last records soon.
    #[serde(skip)]
    pub(crate) is_live: bool,
    /// One that was given agrees.
    #[serde(skip)]
    pub is_by_anchor: bool,
    /// One that a trusted witness has cosigned does.
    #[serde(skip)]
    pub is_by_witness: bool,
}

/// A crash leaves no more records unsigned, but for those of one commit.
const UNSIGNED_MAX: u64 = signed::RECORDS_MAX;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "this is what serde calls")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl Verification {
    /// True if every record is as it was written; warnings do not count.
    pub fn is_intact(&self) -> bool {
        self.findings.iter().all(|finding| finding.kind.is_warning())
    }

    /// What was shown of the journal; `None` if it is not intact.
    pub fn level(&self) -> Option<Level> {
        let level =
            if self.unsigned() > UNSIGNED_MAX { Level::Chain } else { self.level_of_signed() };
        self.is_intact().then_some(level)
    }

    /// What was shown of the records that are signed, or anchored.
    pub fn level_of_signed(&self) -> Level {
        match (self.signed_size, self.anchored_size) {
            (_, Some(_)) => Level::Anchored,
            (Some(_), None) => Level::Signed,
            (None, None) => Level::Chain,
        }
    }

    /// How many records nothing vouches for, behind those that are signed or anchored; none where a writer is at work.
    fn unsigned(&self) -> u64 {
        let size = self.signed_size.max(self.anchored_size).filter(|_| !self.is_live);
        let end = self.last_seq.map_or(0, |last| last.saturating_add(1));
        size.map_or(0, |size| end.saturating_sub(size))
    }
}

/// How much a check has shown, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Level {
    /// The records are consistent with each other: anyone who can write there can rewrite all of them.
    #[serde(rename = "L1")]
    Chain,
    /// They are also as trusted keys have signed them: who holds such a key can still rewrite all.
    #[serde(rename = "L2")]
    Signed,
    /// They also agree with what was kept elsewhere.
    #[serde(rename = "L3")]
    Anchored,
}

impl Level {
    /// The name in `--json` and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "L1",
            Self::Signed => "L2",
            Self::Anchored => "L3",
        }
    }
}

/// One place where the journal is not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What has happened there.
    pub kind: Kind,
    /// The record it has happened to; the first one, if it is several.
    pub seq: u64,
    /// The file, relative to the journal.
    pub segment: String,
    /// The line in it, from 1.
    pub line: u64,
    /// The byte at which the line starts.
    pub offset: u64,
    /// What should stand there, as far as it is known.
    pub expected: Option<String>,
    /// What stands there.
    pub actual: Option<String>,
    /// What is wrong, as a sentence's end.
    pub reason: String,
}

impl Finding {
    fn at(
        kind: Kind,
        seq: u64,
        place: &Place,
        [expected, actual]: [Option<String>; 2],
        reason: &str,
    ) -> Self {
        let Place { segment, line, offset } = place.clone();
        Self { kind, seq, segment, line, offset, expected, actual, reason: reason.to_owned() }
    }
}

/// What has happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Kind {
    /// Its bytes were changed.
    Edited,
    /// It is gone, and later ones are there.
    Missing,
    /// It was added afterwards.
    Inserted,
    /// It stands elsewhere than it was written.
    Reordered,
    /// It was acknowledged and is gone from the end.
    Truncated,
    /// A failed sync left it behind, never acknowledged, and the journal went on in a new segment:
    /// this is no damage.
    Superseded,
    /// Its time lies before that of the record before it: a warning, clocks may be set back.
    Clock,
    /// Nothing tells whether it was acknowledged and is gone from the end: a warning.
    Watermark,
    /// What should vouch for it is missing, cannot be read, or is signed by no trusted key.
    Unsigned,
    /// Two different histories up to it were signed.
    Fork,
    /// The hashes in `tiles/` are not those of the records: a warning, they are made again.
    Tiles,
    /// It was pruned, and notes of it are signed by a key that nothing which is kept leads to: a warning.
    Former,
}

impl Kind {
    /// True if it does not speak of damage.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Self::Superseded | Self::Clock | Self::Watermark | Self::Tiles | Self::Former
        )
    }

    /// The name in `--json` and in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Inserted => "inserted",
            Self::Reordered => "reordered",
            Self::Truncated => "truncated",
            Self::Superseded => "superseded",
            Self::Clock => "clock",
            Self::Watermark => "watermark",
            Self::Unsigned => "unsigned",
            Self::Fork => "fork",
            Self::Tiles => "tiles",
            Self::Former => "former",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, seq, segment, line, offset, reason, .. } = self;
        write!(f, "{kind} seq={seq} segment={segment} line={line} offset={offset}")?;
        if let Some(expected) = &self.expected {
            write!(f, " expected={expected}")?;
        }
        if let Some(actual) = &self.actual {
            write!(f, " got={actual}")?;
        }
        write!(f, ": {reason}")
    }
}

/// Bytes behind the last record that are no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unfinished {
    /// The file, relative to the journal.
    pub segment: String,
    /// Where they start.
    pub offset: u64,
    /// How many there are.
    pub bytes: u64,
}

/// Checks every line, its hash and its place, beside a live writer or without one.
/// With `trust` it also compares the records with what was signed.
pub(super) fn verify_beside(
    storage: &dyn Storage,
    trust: Option<&Trust>,
    effort: Effort<'_>,
) -> Result<Verification, Error> {
    look::verify(storage, false, trust, effort)
}

/// The newest checkpoint of the journal, whoever has signed it, or where that is gone the greatest of the others.
pub(super) fn newest_checkpoint(
    storage: &dyn Storage,
) -> Result<Option<(Note, Checkpoint)>, Error> {
    let origin = pruned::origin(storage, &segment::list(storage)?)?;
    let is_own =
        |noted: &notes::Noted| origin.as_ref().is_none_or(|own| *own == noted.checkpoint.origin);
    let notes = notes::Notes::read(storage, &Trust::default())?;
    let newest = notes.newest().filter(|noted| is_own(noted)).cloned();
    let newest = newest.or_else(|| notes.behind(storage, 0, is_own));
    Ok(newest.map(|noted| (noted.note, noted.checkpoint)))
}

/// The checkpoints of this journal that were kept elsewhere.
pub(super) fn anchors(
    storage: &dyn Storage,
    trust: &Trust,
    origin: &str,
) -> Result<Vec<(Note, Checkpoint)>, Error> {
    let kept = trust.kept(storage)?.into_iter();
    let parsed =
        kept.filter_map(|(_, note)| Checkpoint::parse(&note.text).ok().map(|it| (note, it)));
    Ok(parsed.filter(|(_, checkpoint)| checkpoint.origin == origin).collect())
}

/// What is found where such checkpoints were kept, and no record or nothing signed is there any more.
pub(super) fn gone(anchors: &[(Note, Checkpoint)], trust: &Trust) -> Verification {
    let good = anchors.iter().filter(|(note, _)| note.signers(&trust.keys).is_ok());
    let Some((_, last)) = good.max_by_key(|(_, checkpoint)| checkpoint.size) else {
        let uncompared_reasons =
            vec!["nothing signed by a trusted key is there any more".to_owned()];
        let uncompared = anchors.len() as u64;
        return Verification { uncompared, uncompared_reasons, ..Verification::default() };
    };
    let place = Place { segment: segment::name(0), line: 1, offset: 0 };
    let counts = [Some(format!("{} records", last.size)), None];
    let reason = "records that were anchored, or all signatures of them, are gone";
    let finding = Finding::at(Kind::Truncated, 0, &place, counts, reason);
    Verification { findings: vec![finding], ..Verification::default() }
}

/// Takes findings of an older epoch for what it was set aside with: damage that was written down then.
pub(super) fn is_stated(finding: &Finding, places: &[Finding]) -> bool {
    let what = |it: &Finding| {
        let Finding { kind, seq, segment, offset, expected, actual, .. } = it.clone();
        (kind, seq, segment, offset, expected, actual)
    };
    places.iter().any(|place| what(place) == what(finding))
}

/// Why nothing can be told of a journal without signatures.
pub(super) fn unsigned(storage: &dyn Storage) -> Error {
    let journal = storage.describe();
    let reason = format!(
        "nothing in the journal in {journal} is signed, or all signatures were removed: give a checkpoint \
         that was kept elsewhere (`--anchor`), or check the chain alone (`--level L1`)"
    );
    Error::Unsigned { reason }
}

/// Does the same for whoever holds the lock, and so knows that no other writer is at work.
pub(super) fn verify_alone(storage: &dyn Storage) -> Result<Verification, Error> {
    look::verify(storage, true, None, Effort::default())
}

/// Checks the lines of a journal that arrive one after the other, such as a shipped mirror.
///
/// They may begin in the middle of a journal: then the first line has nothing before it that its
/// hash could be checked against, and nothing tells whether lines are missing before it. Nor does
/// anything tell that lines are missing after the last one.
///
/// # Errors
/// Fails when the lines cannot be read.
pub fn verify_lines(lines: impl Read + Send + 'static) -> io::Result<Verification> {
    stream::verify_lines(lines)
}
