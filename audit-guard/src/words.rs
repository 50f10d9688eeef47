//! The texts that need no look: words too short for any secret.

/// No token is shorter, and no account that has less digits than [`DIGITS_MAX`].
const BYTES_MAX: usize = 19;
/// The shortest numbers that are looked for have more: an IBAN of North Macedonia may have seven digits.
const DIGITS_MAX: usize = 6;

/// The shortest number of a card has more.
const ALL_DIGITS_MAX: usize = 12;

/// The class of each byte: 0 is no part of a word, 1 is one, and 3 is a digit.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        class[byte] = match it {
            b'0'..=b'9' => 3,
            b'A'..=b'Z' | b'a'..=b'z' => 1,
            b'_' | b'-' | b'.' | b'@' | b'/' | b'[' | b']' | b'{' | b'}' => 1,
            _ => 0,
        };
        byte += 1;
    }
    class
};

/// True for an id, a name, an address or a route that no rule can find a secret in: it has no sign that joins a name to a
/// value, few digits, and no room for a token.
#[inline]
pub(crate) fn is_short_word(text: &[u8]) -> bool {
    if text.len() > BYTES_MAX {
        return false;
    }
    let (mut all, mut digits) = (1, 0);
    for byte in text {
        let class = CLASS[usize::from(*byte)];
        all &= class;
        digits += usize::from(class >> 1);
    }
    let few = digits <= DIGITS_MAX;
    all == 1 && (few || digits == text.len() && text.len() <= ALL_DIGITS_MAX)
}
