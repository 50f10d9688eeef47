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
            match (self.cursor.next(), self.epoch) {
                (Ok(Some(line)), _) => {
                    self.position = Position::after(&line);
                    return Ok(Some(line));
                }
                (Err(journal::Error::Damaged { .. }), epoch) => {
                    let goes_on = self.cursor.pass_damage()?;
                    self.damage += u64::from(goes_on);
                    match epoch {
                        _ if goes_on => {}
                        Some(epoch) => self.enter_epoch_after(epoch)?,
                        None => return Ok(None),
                    }
                }
                (Err(journal::Error::Pruned { first_seq, .. }), _) => {
                    let reader = Reader::open(&self.journal)?;
                    self.cursor = reader.cursor(first_seq)?;
                }
                (Ok(None), Some(epoch)) => self.enter_epoch_after(epoch)?,
                (Ok(None), None) => return Ok(None),
                (Err(journal::Error::SetAside { next_seq, .. }), None) => {
                    // More than one may have been set aside since: the hash tells which it was.
                    let position = std::mem::take(&mut self.position);
                    let found = if position.last_hash.is_some() {
                        find(&self.journal, &position)
                    } else {
                        Ok((None, cursor(&Reader::open(&self.journal)?, next_seq)?))
                    };
                    self.position = position;
                    (self.epoch, self.cursor) = found?;
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
        let (epoch, reader) = match open_epoch(&self.journal, epoch + 1)? {
            Some(reader) => (Some(epoch + 1), reader),
            None => (None, Reader::open(&self.journal)?),
        };
        (self.epoch, self.cursor) = (epoch, cursor(&reader, 0)?);
        Ok(())
    }
}

/// The epoch that holds the record before `position`, and a cursor behind that record.
fn find(journal: &Path, position: &Position) -> Result<(Option<u64>, Cursor), Error> {
    let reader = Reader::open(journal)?;
    if let Some(cursor) = cursor_behind(&reader, position)? {
        return Ok((None, cursor));
    }
    for epoch in 0.. {
        let Some(reader) = open_epoch(journal, epoch)? else { break };
        if let Some(cursor) = cursor_behind(&reader, position)? {
            return Ok((Some(epoch), cursor));
        }
    }
    Err(Error::OtherJournal { journal: journal.to_owned(), next_seq: position.next_seq })
}

/// A cursor behind the record before `position`, if that is here.
fn cursor_behind(reader: &Reader, position: &Position) -> Result<Option<Cursor>, Error> {
    let Some(last_hash) = &position.last_hash else {
        return Ok(Some(cursor(reader, position.next_seq)?));
    };
    let last = position.next_seq.saturating_sub(1);
    let found = reader.cursor(last).and_then(|mut cursor| Ok((cursor.next()?, cursor)));
    match found {
        Ok((Some(line), cursor)) if line.hash().to_string() == *last_hash => Ok(Some(cursor)),
        // Its age has run out before the consumer came to what is behind it.
        Err(journal::Error::Pruned { first_seq, .. }) => {
            Ok(Some(cursor(reader, first_seq.max(position.next_seq))?))
        }
        // Another journal may hold fewer records, or be damaged there, and still not be this one.
        Ok(_) | Err(journal::Error::Damaged { .. } | journal::Error::Lost { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A cursor at a record, or at the first one that is kept.
fn cursor(reader: &Reader, seq: u64) -> Result<Cursor, Error> {
    match reader.cursor(seq) {
        Err(journal::Error::Pruned { first_seq, .. }) => Ok(reader.cursor(first_seq)?),
        cursor => Ok(cursor?),
    }
}

fn open_epoch(journal: &Path, epoch: u64) -> Result<Option<Reader>, Error> {
    match Reader::open(journal.join("epochs").join(epoch.to_string())) {
        Ok(reader) => Ok(Some(reader)),
        Err(journal::Error::NoJournal { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
