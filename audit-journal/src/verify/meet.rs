//! Makes of each line of a segment what is put before the judge.

use std::mem;

use super::ahead::Facts;
use super::item::{Garbage, Item, Place, Record};
use super::walk::Walk;
use crate::error::Error;
use crate::line;
use crate::lines::{Lines, Piece};
use crate::segment;
use crate::storage::Storage;

impl Walk<'_> {
    /// Opens a segment, and has it and the next one hashed ahead.
    pub(super) fn lines(
        &mut self,
        storage: &dyn Storage,
        first_seq: u64,
        next: Option<u64>,
    ) -> Result<Lines, Error> {
        let Some(ahead) = &self.ahead else { return segment::lines(storage, first_seq) };
        let file = match self.planned.take() {
            Some((planned, file)) if planned == first_seq => file,
            _ => ahead.plan(storage, first_seq)?,
        };
        self.facts = Some(Facts::of(ahead, first_seq));
        // One that cannot be read is told of where the walk comes to it.
        let plan = |next| Some((next, ahead.plan(storage, next).ok()?));
        self.planned = next.and_then(plan);
        Ok(Lines::of(file.reading(ahead)))
    }

    /// What stands at `place`; `None` at the end of the segment.
    pub(super) fn item(
        &mut self,
        lines: &Lines,
        piece: &Piece,
        place: Place,
        first_seq: Option<u64>,
    ) -> Option<Item> {
        let mut later = None;
        let (reason, stated) = match piece {
            Piece::End => return None,
            Piece::Overlong => ("it is longer than a line may be", None),
            Piece::Rest(rest) => ("it has no end", line::stated_hash(lines.bytes(rest))),
            Piece::Line(range) => {
                let line = lines.bytes(range);
                let facts = self.facts.as_mut();
                let fact = facts.and_then(|facts| facts.of_line(place.offset, line));
                let room = self.room.as_mut();
                let mut bytes = room.map(|room| mem::take(&mut room.bytes)).unwrap_or_default();
                line.clone_into(&mut bytes);
                if let Some(fact) = fact {
                    let record = Record::known(place, bytes, fact);
                    return Some(self.item_of(record));
                }
                match line::parse(line) {
                    Ok(parsed) => {
                        let record = Record::of(place, bytes, parsed, first_seq);
                        return Some(self.item_of(record));
                    }
                    Err(reason) => {
                        later = line::later_version(line).map(|_| line.to_owned());
                        (reason, line::stated_hash(line))
                    }
                }
            }
        };
        let is_whole_line = is_whole_line(lines, piece);
        Some(Item::Garbage(Garbage { place, reason, stated, is_whole_line, later }))
    }

    fn item_of(&mut self, record: Record) -> Item {
        Item::Record(match self.room.take() {
            Some(mut room) => {
                *room = record;
                room
            }
            None => Box::new(record),
        })
    }
}

/// True for what no crash leaves, by the rule of recovery.
fn is_whole_line(lines: &Lines, piece: &Piece) -> bool {
    matches!(piece, Piece::Line(range) if line::is_whole(lines.bytes(range)))
}
