//! One file as the system reads it back, and as much of it as the disk has for certain.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::random::Random;

/// What a power cut leaves of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    /// All of it.
    Everything,
    /// None of it.
    Nothing,
    /// The length of each file, with zeros where the bytes should be.
    Lengths,
    /// Any subset of the sectors, lengths and names.
    Any,
}

/// A file's bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// What is read back.
    pub(super) bytes: Vec<u8>,
    /// What the last sync made durable.
    disk: Vec<u8>,
    /// The sectors that were written since.
    unsynced: BTreeSet<usize>,
    /// The shortest that the file has been since.
    shortest: usize,
    /// The name is durable.
    pub(super) is_named: bool,
}

impl File {
    pub(super) fn write(&mut self, offset: usize, bytes: &[u8], sector: usize) {
        let end = offset + bytes.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        self.bytes[offset..end].copy_from_slice(bytes);
        if !bytes.is_empty() {
            self.unsynced.extend(offset / sector..=(end - 1) / sector);
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
        self.shortest = self.shortest.min(length);
    }

    pub(super) fn sync(&mut self) {
        self.disk.clone_from(&self.bytes);
        self.unsynced.clear();
        self.shortest = self.bytes.len();
    }

    /// Leaves what a power cut leaves; false if the file has no name any more.
    pub(super) fn cut(&mut self, keep: Keep, sector: usize, random: &mut Random) -> bool {
        let is_kept = self.is_named
            || match keep {
                Keep::Everything | Keep::Lengths => true,
                Keep::Nothing => false,
                Keep::Any => random.one_in(2),
            };
        let length = self.length_after(keep, sector, random);
        let mut left = vec![0; length];
        for start in (0..length).step_by(sector) {
            let place = start..length.min(start + sector);
            let kept = self.sector_after(&place, keep, start / sector, random);
            left[place].copy_from_slice(&kept);
        }
        self.bytes = left;
        self.sync();
        self.is_named = true;
        is_kept
    }

    fn length_after(&self, keep: Keep, sector: usize, random: &mut Random) -> usize {
        let (before, now) = (self.disk.len(), self.bytes.len());
        match keep {
            Keep::Everything | Keep::Lengths => now,
            Keep::Nothing => before,
            Keep::Any => {
                let shortest = self.shortest.min(now).min(before);
                let between = shortest + random.below(before.max(now) - shortest + 1);
                let whole = (between / sector * sector).max(shortest);
                [before, now, now, between, whole, shortest][random.below(6)]
            }
        }
    }

    /// The bytes of a sector: as they were synced, as they were written since, or zeros where the
    /// file had been cut and has grown again.
    fn sector_after(
        &self,
        place: &Range<usize>,
        keep: Keep,
        index: usize,
        random: &mut Random,
    ) -> Vec<u8> {
        let padded = |bytes: &[u8]| {
            let found = bytes.get(place.start..place.end.min(bytes.len())).unwrap_or_default();
            let mut found = found.to_vec();
            found.resize(place.len(), 0);
            found
        };
        let (old, new) = (padded(&self.disk), padded(&self.bytes));
        let is_unsynced = self.unsynced.contains(&index);
        match keep {
            Keep::Everything => new,
            Keep::Any if is_unsynced && random.one_in(2) => new,
            Keep::Any if place.start >= self.shortest && random.one_in(4) => vec![0; place.len()],
            Keep::Nothing | Keep::Lengths | Keep::Any => old,
        }
    }
}
