//! The texts that need no look: words too short for any secret.

/// No token is shorter, and no account that has less digits than [`DIGITS_MAX`].
const BYTES_MAX: usize = 19;
/// The shortest numbers that are looked for have more: an IBAN of North Macedonia may have seven digits.
const DIGITS_MAX: usize = 6;
/// Those of persons that have less have capitals, and more of them.
const CAPITALS_DIGITS_MAX: usize = 3;

/// The shortest number of a card has more.
const ALL_DIGITS_MAX: usize = 12;

/// The shortest phone number without a separator, which begins with a zero.
const PHONE_BYTES_MIN: usize = 11;

/// The class of each byte: 0 is no part of a word, 1 is one, 3 is a digit, and 5 a capital.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let it = byte as u8;
        class[byte] = match it {
            b'0'..=b'9' => 3,
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 5,
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
    let (mut all, mut any, mut digits) = (1, 0, 0);
    for byte in text {
        let class = CLASS[usize::from(*byte)];
        all &= class;
        any |= class;
        digits += usize::from(class >> 1 & 1);
    }
    let few = digits <= if any & 4 == 0 { DIGITS_MAX } else { CAPITALS_DIGITS_MAX };
    let is_count = digits == text.len()
        && text.len() <= ALL_DIGITS_MAX
        && (text.len() < PHONE_BYTES_MIN || text.first() != Some(&b'0'));
    all & 1 == 1 && (few || is_count) && !may_be_short_key(text)
}

/// True if the shortest keys that have a form may stand there: `AKC…`, `AP5…`.
fn may_be_short_key(text: &[u8]) -> bool {
    text.len() > 10 && text.windows(2).any(|two| matches!(two, [b'A', b'K' | b'P']))
}
