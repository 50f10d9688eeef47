//! Looks for a canary in all memory of its own process, with safe reads of files only.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::os::unix::fs::FileExt;

/// What hides the pattern, so that the pattern itself is no finding.
const MASK: [u8; WINDOW] = [0xA7, 0xD3, 0x9B, 0xE5, 0x8F, 0xC1, 0xB9, 0xF7];
/// A part of the canary this long is a finding: allocators write over the ends of what they take back.
const WINDOW: usize = 8;
const WINDOWS: usize = 8;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CHUNK: usize = 1 << 16;

/// What the scan needs, opened before there is a secret, so that nothing takes its memory up again.
pub(crate) struct Scan {
    memory: File,
    maps: File,
    listing: String,
    buffer: Vec<u8>,
}

impl Scan {
    pub(crate) fn new() -> Self {
        Self {
            memory: File::open("/proc/self/mem").unwrap(),
            maps: File::open("/proc/self/maps").unwrap(),
            listing: String::with_capacity(1 << 18),
            buffer: vec![0; CHUNK + WINDOW - 1],
        }
    }

    /// How many places of this process hold a part of the canary.
    pub(crate) fn residues(mut self, canary: &Canary) -> usize {
        self.maps.read_to_string(&mut self.listing).unwrap();
        let own = self.buffer.as_ptr().addr()..self.buffer.as_ptr().addr() + self.buffer.len();
        let mut found = 0;
        for (start, end) in self.listing.lines().filter_map(writable) {
            let mut at = start;
            while at < end {
                let length = (end - at).min(self.buffer.len());
                let piece = &mut self.buffer[..length];
                // The kernel refuses some pages, which no program can write to either.
                if self.memory.read_exact_at(piece, at as u64).is_ok() {
                    let places = canary.places(piece);
                    found += places.filter(|place| !own.contains(&(at + place))).count();
                }
                at += CHUNK;
            }
        }
        found
    }
}

/// Random text that no file and no other process has, kept under a mask.
pub(crate) struct Canary([[u8; WINDOW]; WINDOWS]);

impl Canary {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| {
            let random = RandomState::new().hash_one(0).to_ne_bytes();
            std::array::from_fn(|at| LETTERS[usize::from(random[at] % 64)] ^ MASK[at])
        }))
    }

    /// The canary in clear, in one piece of memory that fits.
    pub(crate) fn text(&self) -> String {
        let mut text = String::with_capacity(WINDOW * WINDOWS);
        self.write(&mut text);
        text
    }

    /// Writes the canary in clear, letter by letter.
    pub(crate) fn write(&self, text: &mut String) {
        for window in &self.0 {
            for (letter, mask) in window.iter().zip(MASK) {
                text.push(char::from(letter ^ mask));
            }
        }
    }

    fn places(&self, bytes: &[u8]) -> impl Iterator<Item = usize> {
        let first = self.0.map(|window| window[0] ^ MASK[0]);
        let windows = bytes.windows(WINDOW).enumerate();
        windows.filter_map(move |(place, bytes)| {
            let is_here = |window: &[u8; WINDOW]| {
                bytes
                    .iter()
                    .zip(window)
                    .zip(MASK)
                    .all(|((byte, masked), mask)| byte ^ mask == *masked)
            };
            let may_be = first.contains(&bytes[0]);
            (may_be && self.0.iter().any(is_here)).then_some(place)
        })
    }
}

/// The range that a line of the listing tells, if the process can write there.
fn writable(line: &str) -> Option<(usize, usize)> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let address = |text| usize::from_str_radix(text, 16).unwrap();
    rest.starts_with("rw").then(|| (address(start), address(end)))
}
