//! The second filter: names the places where a card, an account or a number of a person may begin.
//!
//! All are at least nine characters of digits, capitals, blanks, dashes and brackets, so three samples at
//! a distance of three fall into each; other text is left after a look at every third byte.

/// The distance of two samples.
const STRIDE: usize = 3;
/// What must be in class together.
const SAMPLES: usize = 3;

/// How many samples are looked at before a branch.
const BLOCK: usize = 8;
const BLOCK_BYTES: usize = BLOCK * STRIDE;

/// Of a byte that is in class.
const IN_CLASS: u16 = 1;
/// Of a digit or a capital; it lies above the bits of a block's samples.
const IS_SIGN: u16 = 1 << BLOCK;

static CLASS: [u16; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'0'..=b'9' | b'A'..=b'Z' => IN_CLASS | IS_SIGN,
            b' ' | b'-' | b'(' | b')' => IN_CLASS,
            _ => 0,
        };
        byte += 1;
    }
    class
};

pub(crate) fn is_in_class(byte: u8) -> bool {
    CLASS[usize::from(byte)] != 0
}

/// True for a digit or a capital.
pub(crate) fn is_sign(byte: u8) -> bool {
    CLASS[usize::from(byte)] >= IS_SIGN
}

/// How far a text was looked at.
#[derive(Default)]
pub(crate) struct Runs {
    /// Where the last block that was looked at begins, and where the next one does.
    block: usize,
    next_block: usize,
    /// One bit for each sample that is in class: the last two before that block, and those in it.
    samples: u32,
    /// One bit for each sample of the block that ends three in class.
    together: u32,
}

impl Runs {
    /// The start of the first run at or behind `from` that three samples fall into; `from` never goes back.
    pub(crate) fn next(&mut self, bytes: &[u8], from: usize) -> Option<usize> {
        loop {
            if self.together != 0 {
                // With samples before `from` none is together.
                let behind = (from + (SAMPLES - 1) * STRIDE).saturating_sub(self.block) / STRIDE;
                self.together &= u32::MAX.checked_shl(behind as u32).unwrap_or_default();
            }
            while self.together != 0 {
                let sample = self.together.trailing_zeros() as usize;
                let start = start_of_run(bytes, from, self.block + sample * STRIDE + STRIDE - 1);
                if start.is_some() {
                    return start;
                }
                self.together &= self.together - 1;
            }
            self.look(bytes.get(self.next_block..).filter(|rest| !rest.is_empty())?);
        }
    }

    fn look(&mut self, rest: &[u8]) {
        let samples = match rest.first_chunk() {
            Some(block) => samples_of(block),
            None => {
                let mut last = [0; BLOCK_BYTES];
                last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
                samples_of(&last)
            }
        };
        self.samples = self.samples >> BLOCK | samples << (SAMPLES - 1);
        self.together = self.samples & self.samples >> 1 & self.samples >> 2;
        self.block = self.next_block;
        self.next_block += BLOCK_BYTES;
    }
}

/// One bit for each sample that is in class, the first one lowest.
#[inline(always)]
fn samples_of(block: &[u8; BLOCK_BYTES]) -> u32 {
    let (samples, _) = block.as_chunks::<STRIDE>();
    let classes = samples.iter().map(|[.., sample]| u32::from(CLASS[usize::from(*sample)]));
    let bits = classes.enumerate().fold(0, |all, (at, class)| all | class << at);
    bits & ((1 << BLOCK) - 1)
}

/// Where the run begins that holds the byte at `last` and the samples before it, if all between is in class.
fn start_of_run(bytes: &[u8], from: usize, last: usize) -> Option<usize> {
    let before = bytes.get(from..=last).unwrap_or_default();
    let length = before.iter().rev().take_while(|byte| is_in_class(**byte)).count();
    (length > (SAMPLES - 1) * STRIDE).then_some(last + 1 - length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_run_of_nine_is_passed(text in "[ a1A-]{0,90}", steps in prop::collection::vec(1_usize..20, 9)) {
            let (bytes, mut runs, mut from) = (text.as_bytes(), Runs::default(), 0);
            for step in steps {
                let is_run = |start: &usize| {
                    bytes.get(*start..start + 9).is_some_and(|nine| nine.iter().all(|it| is_in_class(*it)))
                };
                let first = (from..bytes.len()).find(is_run);
                let named = runs.next(bytes, from);
                prop_assert!(first.is_none() || named.is_some_and(|named| (from..=first.unwrap()).contains(&named)));
                from = named.unwrap_or(from) + step;
            }
        }
    }
}
