//! The beginning of a base64 text, decoded, to see what it is.

/// Decodes at most as much as `out` takes; stops at the first byte that is no base64 of either alphabet.
pub(crate) fn decode<'o>(text: &[u8], out: &'o mut [u8]) -> &'o [u8] {
    let mut bits = 0_u32;
    let mut held = 0;
    let mut length = 0;
    for byte in text {
        let Some(value) = value(*byte) else { break };
        bits = bits << 6 | value;
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(place) = out.get_mut(length) else { break };
            *place = (bits >> held) as u8;
            length += 1;
        }
    }
    out.get(..length).unwrap_or_default()
}

fn value(byte: u8) -> Option<u32> {
    let value = match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(value.into())
}
