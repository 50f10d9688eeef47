//! Reads a journal from a saved place on, through the epochs that were set aside since.

use std::path::{Path, PathBuf};

use audit_runtime::journal::{self, Cursor, Line, Reader};

use crate::{Error, Position};

/// A journal, read on from a place.
pub(crate) struct Follower {
    journal: PathBuf,
    cursor: Cursor,
    /// The older epoch that is read, if it is not the current one.
    epoch: Option<u64>,
    position: Position,
    damage: u64,
}

impl Follower {
    /// Goes on at `position` in the journal in the directory `journal`.
    ///
    /// # Errors
    /// [`Error::OtherJournal`] if the record before it is neither there nor in an older epoch.
    pub(crate) fn open(journal: &Path, position: Position) -> Result<Self, Error> {
        let (epoch, cursor) = find(journal, &position)?;
        Ok(Self { journal: journal.to_owned(), cursor, epoch, position, damage: 0 })
    }

    /// The next durable record, or `None` if there is none yet.
    ///
    /// What is damaged is passed over and counted, so that who has changed a record has blinded nobody
    /// to those behind it.
    ///
    /// # Errors
    /// Fails when the journal cannot be read.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Error> {
        loop {
            let next = next_past_damage(&mut self.cursor, &mut self.damage);
            match (next, self.epoch) {
                (Ok(Some(line)), _) => {
                    self.position = Position::after(&line);
                    return Ok(Some(line));
                }
                (Ok(None), None) => return Ok(None),
                (Ok(None), Some(epoch)) => self.enter_epoch_after(epoch)?,
                (Err(journal::Error::Pruned { first_seq, .. }), epoch) => {
                    self.cursor = cursor(&self.reader(epoch)?, first_seq)?;
                }
                (Err(journal::Error::SetAside { next_seq, .. }), None) => {
                    // More than one may have been set aside since: the hash tells which it was.
                    let position = self.position.clone();
                    (self.epoch, self.cursor) = match position.last_hash {
                        Some(_) => find(&self.journal, &position)?,
                        None => (None, cursor(&self.reader(None)?, next_seq)?),
                    };
                }
                (Err(error), _) => return Err(error.into()),
            }
        }
    }

    /// The place behind the last record that was given out.
    pub(crate) fn position(&self) -> &Position {
        &self.position
    }

    /// How many damaged places were passed over.
    pub(crate) fn damage(&self) -> u64 {
        self.damage
    }

    fn enter_epoch_after(&mut self, epoch: u64) -> Result<(), Error> {
        let later = epochs(&self.journal).into_iter().find(|number| *number > epoch);
        (self.epoch, self.cursor) = (later, cursor(&self.reader(later)?, 0)?);
        Ok(())
    }

    /// A reader of an older epoch, or of the current one.
    fn reader(&self, epoch: Option<u64>) -> Result<Reader, Error> {
        Ok(match epoch {
            Some(epoch) => Reader::open(epoch_directory(&self.journal, epoch))?,
            None => Reader::open(&self.journal)?,
        })
    }
}

/// The next durable record behind whatever is damaged, which is counted; `None` if there is none yet.
pub(crate) fn next_past_damage(
    cursor: &mut Cursor,
    damage: &mut u64,
) -> Result<Option<Line>, journal::Error> {
    loop {
        match cursor.next() {
            Err(journal::Error::Damaged { .. }) if cursor.pass_damage()? => *damage += 1,
            Err(journal::Error::Damaged { .. }) => return Ok(None),
            next => return next,
        }
    }
}

/// A cursor at a record, or at the first one that is kept.
pub(crate) fn cursor(reader: &Reader, seq: u64) -> Result<Cursor, Error> {
    match reader.cursor_past_damage(seq) {
        Err(journal::Error::Pruned { first_seq, .. }) => Ok(reader.cursor_past_damage(first_seq)?),
        cursor => Ok(cursor?),
    }
}

/// What a journal has at the place behind a record.
enum Behind {
    /// The record is there.
    Exact(Cursor),
    /// What stands there is damaged, so it may be this record.
    Damaged(Cursor),
    /// Its age has run out.
    Pruned(Cursor),
    /// Another record is there, or none.
    Other,
}

/// The epoch that holds the record before `position`, and a cursor behind that record.
fn find(journal: &Path, position: &Position) -> Result<(Option<u64>, Cursor), Error> {
    let mut likely = None;
    let older = epochs(journal).into_iter().map(Some);
    for epoch in std::iter::once(None).chain(older) {
        let reader = match epoch {
            Some(epoch) => Reader::open(epoch_directory(journal, epoch)),
            None => Reader::open(journal),
        };
        match behind(&reader?, position)? {
            Behind::Exact(cursor) => return Ok((epoch, cursor)),
            Behind::Damaged(cursor) | Behind::Pruned(cursor) if likely.is_none() => {
                likely = Some((epoch, cursor));
            }
            Behind::Damaged(_) | Behind::Pruned(_) | Behind::Other => {}
        }
    }
    let other = || Error::OtherJournal { journal: journal.to_owned(), next_seq: position.next_seq };
    likely.ok_or_else(other)
}

/// What this journal has behind the record before `position`.
fn behind(reader: &Reader, position: &Position) -> Result<Behind, Error> {
    let Some(last_hash) = &position.last_hash else {
        return Ok(Behind::Exact(cursor(reader, position.next_seq)?));
    };
    let last = position.next_seq.saturating_sub(1);
    let pruned = |first_seq: u64| cursor(reader, first_seq.max(position.next_seq));
    let mut cursor = match reader.cursor_past_damage(last) {
        Ok(cursor) => cursor,
        Err(journal::Error::Pruned { first_seq, .. }) => {
            return Ok(Behind::Pruned(pruned(first_seq)?));
        }
        // Another journal may hold fewer records, or be damaged there, and still not be this one.
        Err(journal::Error::Damaged { .. } | journal::Error::Lost { .. }) => {
            return Ok(Behind::Other);
        }
        Err(error) => return Err(error.into()),
    };
    loop {
        match cursor.next() {
            Ok(Some(line)) if line.hash().to_string() == *last_hash => {
                return Ok(Behind::Exact(cursor));
            }
            Ok(_) => return Ok(Behind::Other),
            Err(journal::Error::Pruned { first_seq, .. }) => {
                return Ok(Behind::Pruned(pruned(first_seq)?));
            }
            Err(journal::Error::Damaged { .. }) if cursor.pass_damage()? => {
                if cursor.next_seq() <= last {
                    continue;
                }
                // A record that was edited still states the hash that it had.
                let states = cursor.tip().is_some_and(|tip| tip.to_string() == *last_hash);
                let is_it = if states { Behind::Exact } else { Behind::Damaged };
                return Ok(is_it(cursor));
            }
            Err(journal::Error::Damaged { .. }) => return Ok(Behind::Other),
            Err(error) => return Err(error.into()),
        }
    }
}

/// The numbers of the epochs that were set aside and are still here, ascending.
fn epochs(journal: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(journal.join("epochs")).into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut numbers: Vec<u64> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

fn epoch_directory(journal: &Path, epoch: u64) -> PathBuf {
    journal.join("epochs").join(epoch.to_string())
}
