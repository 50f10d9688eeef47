//! The second filter: names the places where a card, an account or a number of a person may begin.
//!
//! All are at least nine characters of digits, capitals, blanks, dashes and brackets, so three samples at
//! a distance of three fall into each; other text is left after a look at every third byte.

/// The distance of two samples.
const STRIDE: usize = 3;
/// What must be in class together.
const SAMPLES: usize = 3;

/// The class of each byte.
static IN_CLASS: [bool; 256] = {
    let mut class = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        class[byte] = it.is_ascii_digit()
            || it.is_ascii_uppercase()
            || matches!(it, b' ' | b'-' | b'(' | b')');
        byte += 1;
    }
    class
};

pub(crate) fn is_in_class(byte: u8) -> bool {
    IN_CLASS[usize::from(byte)]
}

/// The start of the first run at or behind `from` that three samples fall into.
pub(crate) fn next(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let mut together = 0;
    for (step, chunk) in rest.chunks_exact(STRIDE).enumerate() {
        let sample = chunk.last().is_some_and(|byte| is_in_class(*byte));
        together = if sample { together + 1 } else { 0 };
        if together == SAMPLES {
            let last = from + step * STRIDE + STRIDE - 1;
            if let Some(start) = start_of_run(bytes, from, last) {
                return Some(start);
            }
            together = SAMPLES - 1;
        }
    }
    None
}

/// Where the run begins that holds the byte at `last` and the samples before it, if all between is in class.
fn start_of_run(bytes: &[u8], from: usize, last: usize) -> Option<usize> {
    let before = bytes.get(from..=last).unwrap_or_default();
    let length = before.iter().rev().take_while(|byte| is_in_class(**byte)).count();
    (length > (SAMPLES - 1) * STRIDE).then_some(last + 1 - length)
}
