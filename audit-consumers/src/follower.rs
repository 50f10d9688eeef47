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
}

impl Follower {
    /// Goes on at `position` in the journal in the directory `journal`.
    ///
    /// # Errors
    /// [`Error::OtherJournal`] if the record before it is neither there nor in an older epoch.
    pub(crate) fn open(journal: &Path, position: Position) -> Result<Self, Error> {
        let (epoch, cursor) = find(journal, &position)?;
        Ok(Self { journal: journal.to_owned(), cursor, epoch, position })
    }

    /// The next durable record, or `None` if there is none yet.
    ///
    /// # Errors
    /// Fails where the journal is damaged. Of an older epoch, which was set aside for that, the rest is
    /// passed over: the first record of the next one says so.
    pub(crate) fn next(&mut self) -> Result<Option<Line>, Error> {
        loop {
            match (self.cursor.next(), self.epoch) {
                (Ok(Some(line)), _) => {
                    self.position = Position::after(&line);
                    return Ok(Some(line));
                }
                (Ok(None) | Err(journal::Error::Damaged { .. }), Some(epoch)) => {
                    self.enter_epoch_after(epoch)?;
                }
                (Ok(None), None) => return Ok(None),
                (Err(journal::Error::SetAside { next_seq, .. }), None) => {
                    // More than one may have been set aside since: the hash tells which it was.
                    let position = std::mem::take(&mut self.position);
                    let found = if position.last_hash.is_some() {
                        find(&self.journal, &position)
                    } else {
                        Ok((None, Reader::open(&self.journal)?.cursor(next_seq)?))
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

    fn enter_epoch_after(&mut self, epoch: u64) -> Result<(), Error> {
        let (epoch, reader) = match open_epoch(&self.journal, epoch + 1)? {
            Some(reader) => (Some(epoch + 1), reader),
            None => (None, Reader::open(&self.journal)?),
        };
        (self.epoch, self.cursor) = (epoch, reader.cursor(0)?);
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
        return Ok(Some(reader.cursor(0)?));
    };
    let last = position.next_seq.saturating_sub(1);
    let found = reader.cursor(last).and_then(|mut cursor| Ok((cursor.next()?, cursor)));
    match found {
        Ok((Some(line), cursor)) if line.hash().to_string() == *last_hash => Ok(Some(cursor)),
        // Another journal may hold fewer records, or be damaged there, and still not be this one.
        Ok(_) | Err(journal::Error::Damaged { .. } | journal::Error::Lost { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn open_epoch(journal: &Path, epoch: u64) -> Result<Option<Reader>, Error> {
    match Reader::open(journal.join("epochs").join(epoch.to_string())) {
        Ok(reader) => Ok(Some(reader)),
        Err(journal::Error::NoJournal { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
