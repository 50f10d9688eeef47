//! Checkpoints: what a log is at one moment (`c2sp.org/tlog-checkpoint`).

use std::fmt;

use crate::frontier::Frontier;
use crate::hash::Hash;
use crate::malformed::Malformed;

/// The size and the root of a log. Its text is that of a [`Note`](crate::Note).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log.
    pub origin: String,
    /// How many records it has.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// What else is signed with it, a line each; most have none.
    pub extensions: Vec<String>,
}

impl Checkpoint {
    /// That of the log `origin` with this tree.
    pub fn of(origin: impl Into<String>, tree: &Frontier) -> Self {
        let (size, root) = (tree.size(), tree.root());
        Self { origin: origin.into(), size, root, extensions: Vec::new() }
    }

    /// Reads the text of a note.
    ///
    /// # Errors
    /// Fails with the line that is none of a checkpoint.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let text = text
            .strip_suffix('\n')
            .ok_or(Malformed::whole("the text of a checkpoint ends in a newline"))?;
        if let Some(at) = text.split('\n').position(str::is_empty) {
            return Err(Malformed::at(at + 1, "no line of a checkpoint is empty"));
        }
        let mut lines = text.split('\n').map(str::to_owned);
        let mut line = || lines.next().unwrap_or_default();
        let (origin, size, root) = (line(), line(), line());
        Ok(Self {
            origin,
            size: number(&size).ok_or(Malformed::at(2, "it is no number of records"))?,
            root: Hash::parse(&root).ok_or(Malformed::at(3, "it is no base64 of 32 bytes"))?,
            extensions: lines.collect(),
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, self.root)?;
        self.extensions.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// A number in decimal digits, in the one way in which it may be written.
pub(crate) fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let is_short = text == "0" || !text.starts_with('0');
    (is_plain && is_short).then(|| text.parse().ok())?
}
