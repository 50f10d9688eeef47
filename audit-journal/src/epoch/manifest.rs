//! What is written down about an epoch that is set aside: why, how it ended, and each of its files.

use std::io;

use serde::{Deserialize, Serialize};

use crate::encode;
use crate::error::Error;
use crate::line::VERSION;
use crate::newer;
use crate::quarantine::{for_each_chunk, measure};
use crate::storage::{Access, Storage, open_or_create};
use crate::verify::Finding;

/// Where older epochs lie.
pub(super) const DIR: &str = "epochs";

/// The file in an older epoch's directory that tells of it, once all of the epoch is there.
pub(super) const NAME: &str = "EPOCH";

/// Its name before that.
pub(super) const DRAFT: &str = "MOVING";

/// How many damaged places a record names; the file has more.
const PLACES_IN_RECORD_MAX: usize = 16;

/// Why an epoch was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Cause {
    /// A start found it damaged, and was told to go on with a new epoch.
    Damage,
    /// A person decided it with `audited adopt`.
    Adopted,
    /// A person decided it with `audited repair`, and it was damaged.
    Repaired,
}

impl Cause {
    /// The name in records, in `--json` and in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Damage => "damage",
            Self::Adopted => "adopted",
            Self::Repaired => "repaired",
        }
    }
}

/// An epoch that was set aside, as it was then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    /// Its number, from 0.
    pub epoch: u64,
    /// Where it lies, relative to the journal's directory.
    pub directory: String,
    /// Its name, as far as it could be read.
    pub origin: Option<String>,
    /// Who decided to set it aside.
    pub cause: Cause,
    /// Why, in words.
    pub reason: String,
    /// When, in UTC.
    pub time: String,
    /// How many records were acknowledged, as far as that was published.
    pub acknowledged: u64,
    /// How many records are there, damaged ones not counted.
    pub records: u64,
    /// The last line that has the form of a record.
    pub last_seq: Option<u64>,
    /// The hash that it states.
    pub h: Option<String>,
    /// How many places were damaged.
    pub damage: u64,
    /// Those places, or the first of them.
    pub places: Vec<Finding>,
}

/// The first header of an epoch, on the epoch before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// The epoch that begins.
    pub(crate) number: u64,
    pub(super) previous: Epoch,
    /// Of the file that tells of it, and by which every other file of it is vouched for.
    pub(super) sha256: String,
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Version {
    v: u64,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) v: u32,
    #[serde(flatten)]
    pub(super) epoch: Epoch,
    /// The digest of the same file of the epoch before.
    pub(super) earlier: Option<Earlier>,
    /// Each file, relative to the epoch's directory.
    pub(super) files: Vec<FileState>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Earlier {
    pub(super) epoch: u64,
    pub(super) sha256: String,
}

/// One file as it was when it was set aside.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileState {
    pub(super) file: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl Link {
    pub(super) fn of(mut previous: Epoch, sha256: String) -> Self {
        previous.places.truncate(PLACES_IN_RECORD_MAX);
        Self { number: previous.epoch.saturating_add(1), previous, sha256 }
    }

    /// What the epoch before is recognised by.
    pub(super) fn earlier(&self) -> Earlier {
        Earlier { epoch: self.previous.epoch, sha256: self.sha256.clone() }
    }

    /// The epoch before.
    pub(crate) fn previous(&self) -> &Epoch {
        &self.previous
    }

    pub(crate) fn into_previous(self) -> Epoch {
        self.previous
    }

    /// As the JSON of a record.
    pub(crate) fn encode(&self) -> Vec<u8> {
        encoded(self)
    }
}

/// Where an epoch lies once it is set aside.
pub(crate) fn directory(epoch: u64) -> String {
    format!("{DIR}/{epoch}")
}

/// A file's place in the directory of an epoch.
pub(super) fn path(epoch: u64, name: &str) -> String {
    format!("{DIR}/{epoch}/{name}")
}

/// Writes the draft anew and makes it durable.
pub(super) fn write_draft(storage: &dyn Storage, manifest: &Manifest) -> Result<(), Error> {
    let name = path(manifest.epoch.epoch, DRAFT);
    let mut bytes = encoded(manifest);
    bytes.push(b'\n');
    open_or_create(storage, &name)
        .and_then(|mut file| {
            // A start that died here has left half of one, and has moved nothing yet.
            file.truncate(0)?;
            file.write_at(0, &bytes)?;
            file.sync()
        })
        .map_err(Error::io(storage, "write", &name))
}

/// True if the draft of this epoch is there and whole.
pub(super) fn has_draft(storage: &dyn Storage, epoch: u64) -> Result<bool, Error> {
    let name = path(epoch, DRAFT);
    match read_file(storage, &name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        bytes => {
            let (bytes, _) = bytes.map_err(Error::io(storage, "read", &name))?;
            check_version(storage, &name, &bytes)?;
            Ok(parse(&bytes).is_ok())
        }
    }
}

/// Reads what was written down about an epoch, and the digest of it.
pub(super) fn read(storage: &dyn Storage, name: &str) -> Result<(Manifest, String), Error> {
    let (bytes, sha256) = read_file(storage, name).map_err(Error::io(storage, "read", name))?;
    check_version(storage, name, &bytes)?;
    Ok((parse(&bytes).map_err(Error::io(storage, "read", name))?, sha256))
}

/// Refuses what a later version has written, whatever else of it can be read.
fn check_version(storage: &dyn Storage, name: &str, bytes: &[u8]) -> Result<(), Error> {
    match serde_json::from_slice(bytes) {
        Ok(Version { v }) if v > VERSION => Err(newer::refusal(storage, name, v)),
        _ => Ok(()),
    }
}

/// The digest of what was written down about an epoch, whatever it says.
pub(super) fn digest(storage: &dyn Storage, epoch: u64) -> Result<String, Error> {
    let name = path(epoch, NAME);
    let state = state_of(storage, &name, String::new());
    Ok(state.map_err(Error::io(storage, "read", &name))?.sha256)
}

/// The length and the digest of a file.
pub(super) fn state_of(storage: &dyn Storage, path: &str, name: String) -> io::Result<FileState> {
    let (bytes, sha256) = measure(&*storage.open(path, Access::Read)?, 0)?;
    Ok(FileState { file: name, bytes, sha256 })
}

fn read_file(storage: &dyn Storage, name: &str) -> io::Result<(Vec<u8>, String)> {
    let file = storage.open(name, Access::Read)?;
    let mut bytes = Vec::new();
    for_each_chunk(&*file, 0, |chunk| {
        bytes.extend_from_slice(chunk);
        Ok(())
    })?;
    Ok((bytes, measure(&*file, 0)?.1))
}

fn parse(bytes: &[u8]) -> io::Result<Manifest> {
    // The newline is the last byte that was written.
    let whole = bytes.strip_suffix(b"\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(serde_json::from_slice(whole)?)
}

/// JSON with every deceptive character escaped, as records have it.
fn encoded(value: &impl Serialize) -> Vec<u8> {
    let mut json = Vec::new();
    // These types have nothing in them that could fail to be written.
    let _ = encode::value(&mut json, value, usize::MAX);
    json
}
