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

/// What is read back of bytes that a failed sync did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// What was written, although the disk has not got it.
    Kept,
    /// What the disk has.
    Dropped,
}

/// A file's bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct File {
    /// Tells the file from one that has its name later.
    pub(super) identity: u64,
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
    pub(super) fn new(identity: u64, is_named: bool) -> Self {
        Self { identity, is_named, ..Self::default() }
    }

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

    /// Writes the sectors that count as unwritten; those that a failed sync has left out do not.
    pub(super) fn sync(&mut self, sector: usize) {
        self.settle_length();
        for index in std::mem::take(&mut self.unsynced) {
            self.write_back(index, sector);
        }
    }

    /// Writes any of the sectors, and takes all of them for written.
    pub(super) fn fail_sync(&mut self, cache: Cache, sector: usize, random: &mut Random) {
        self.settle_length();
        for index in std::mem::take(&mut self.unsynced) {
            if random.one_in(2) {
                self.write_back(index, sector);
            }
        }
        if cache == Cache::Dropped {
            self.bytes.clone_from(&self.disk);
        }
    }

    /// Writes any of the sectors before it is asked to, as a system does in the background.
    pub(super) fn write_behind(&mut self, sector: usize, random: &mut Random) {
        self.settle_length();
        let (written, left) = self.unsynced.iter().partition(|_| random.one_in(2));
        self.unsynced = left;
        let written: BTreeSet<usize> = written;
        for index in written {
            self.write_back(index, sector);
        }
    }

    fn settle_length(&mut self) {
        self.disk.truncate(self.shortest);
        self.disk.resize(self.bytes.len(), 0);
        self.shortest = self.bytes.len();
    }

    fn write_back(&mut self, index: usize, sector: usize) {
        let end = self.bytes.len().min((index + 1) * sector);
        let place = end.min(index * sector)..end;
        self.disk[place.clone()].copy_from_slice(&self.bytes[place]);
    }

    /// Leaves what a power cut leaves; false if the file has no name any more.
    pub(super) fn cut(&mut self, keep: Keep, sector: usize, random: &mut Random) -> bool {
        let is_kept = self.is_named
            || match keep {
                Keep::Everything | Keep::Lengths => true,
                Keep::Nothing => false,
                Keep::Any => random.one_in(2),
            };
        if keep == Keep::Everything {
            self.sync(sector);
        }
        let length = self.length_after(keep, sector, random);
        let mut left = vec![0; length];
        for start in (0..length).step_by(sector) {
            let place = start..length.min(start + sector);
            let kept = self.sector_after(&place, keep, start / sector, random);
            left[place].copy_from_slice(&kept);
        }
        self.disk.clone_from(&left);
        self.bytes = left;
        self.unsynced.clear();
        self.shortest = self.bytes.len();
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
            Keep::Any if is_unsynced && random.one_in(2) => new,
            Keep::Any if place.start >= self.shortest && random.one_in(4) => vec![0; place.len()],
            Keep::Everything | Keep::Nothing | Keep::Lengths | Keep::Any => old,
        }
    }
}
