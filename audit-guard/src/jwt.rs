//! JSON Web Tokens: a header that decodes to JSON with an algorithm, and what follows it.

use crate::base64;
use crate::kind::Kind;
use crate::text::{Found, Text, is_word};

/// The longest part that is looked at.
const PART_BYTES_MAX: usize = 16_384;
/// A header and a payload have at least so many bytes: `{"alg":"none"}`, `{"sub":1}`.
const PART_BYTES_MIN: usize = 12;

/// A token whose header begins at `start`.
pub(crate) fn at(text: &Text<'_>, start: usize) -> Option<Found> {
    if text.before(start).is_some_and(is_word) || !text.starts_with(start, b"eyJ") {
        return None;
    }
    let header = text.run(start, PART_BYTES_MAX, is_word);
    if header - start < PART_BYTES_MIN || !is_header(text.slice(start..header)) {
        return None;
    }
    let mut end = header;
    let mut parts = 1;
    // Three parts are signed, five encrypted; the signature may have been cut off.
    while parts < 5 && text.at(end) == Some(b'.') {
        let part = text.run(end + 1, PART_BYTES_MAX, is_word);
        if parts == 1 && part - end <= PART_BYTES_MIN {
            return None;
        }
        end = part;
        parts += 1;
    }
    if parts < 2 {
        return None;
    }
    text.found(start..end, Kind::Jwt)
}

/// True if a part decodes to a JSON object that names an algorithm.
fn is_header(part: &[u8]) -> bool {
    let mut json = [0; 512];
    let json = base64::decode(part, &mut json);
    let names = |name: &[u8]| json.windows(name.len()).any(|window| window == name);
    json.first() == Some(&b'{') && (names(b"\"alg\"") || names(b"\"typ\"") || names(b"\"enc\""))
}
