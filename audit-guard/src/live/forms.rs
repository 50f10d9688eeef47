//! The forms in which a secret stands in texts: as it is, escaped, percent-encoded, in base64.

use zeroize::Zeroizing;

/// The longest form of a byte: a control character, escaped in JSON twice.
const FORM_FACTOR: usize = 8;

/// A buffer that is wiped, and never grows: a longer one would leave its bytes behind.
type Buffer = Zeroizing<Vec<u8>>;

/// Calls `add` with each form, and whether it is part of a text in base64.
pub(super) fn each(secret: &[u8], add: &mut dyn FnMut(&[u8], bool)) {
    add(secret, false);
    let json = escaped(secret, in_json);
    add(&json, false);
    add(&escaped(&json, in_json), false);
    if let Ok(text) = std::str::from_utf8(secret) {
        add(&in_ascii(text), false);
    }
    for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
        let percent = escaped(secret, |byte, out| in_percent(byte, digits, out));
        add(&percent, false);
    }
    // Forms write a blank as a plus.
    add(
        &escaped(secret, |byte, out| match byte {
            b' ' => out.push(b'+'),
            _ => in_percent(byte, b"0123456789ABCDEF", out),
        }),
        false,
    );
    for last in [b"+/", b"-_"] {
        (0..3).for_each(|before| add(&in_base64(secret, before, last), true));
    }
}

fn escaped(secret: &[u8], escape: impl Fn(u8, &mut Vec<u8>)) -> Buffer {
    let mut out = Zeroizing::new(Vec::with_capacity(secret.len() * FORM_FACTOR));
    secret.iter().for_each(|byte| escape(*byte, &mut out));
    out
}

/// As serde_json writes it, and most others.
fn in_json(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        0..0x20 => {
            out.extend_from_slice(b"\\u00");
            return in_hex(byte, b"0123456789abcdef", out);
        }
        _ => return out.push(byte),
    };
    out.extend([b'\\', short]);
}

/// JSON with nothing in it but ASCII, as Python writes it.
fn in_ascii(text: &str) -> Buffer {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len() * FORM_FACTOR));
    for sign in text.chars() {
        if sign.is_ascii() {
            in_json(sign as u8, &mut out);
            continue;
        }
        for unit in sign.encode_utf16(&mut [0; 2]) {
            out.extend_from_slice(b"\\u");
            unit.to_be_bytes()
                .into_iter()
                .for_each(|byte| in_hex(byte, b"0123456789abcdef", &mut out));
        }
    }
    out
}

fn in_percent(byte: u8, digits: &[u8; 16], out: &mut Vec<u8>) {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        return out.push(byte);
    }
    out.push(b'%');
    in_hex(byte, digits, out);
}

fn in_hex(byte: u8, digits: &[u8; 16], out: &mut Vec<u8>) {
    let digit = |place: u8| digits[usize::from(place & 15)];
    out.extend([digit(byte >> 4), digit(byte)]);
}

/// The signs that are the secret's alone where `before` bytes of something else share its first sign.
fn in_base64(secret: &[u8], before: usize, last: &[u8; 2]) -> Buffer {
    let mut out = Zeroizing::new(Vec::with_capacity(secret.len() * 2));
    let (mut bits, mut held) = (0_u32, 0);
    // Of a sign that another byte has a part in, nothing is kept.
    let mut foreign = (6 - before * 8 % 6) % 6;
    for byte in secret {
        bits = bits << 8 | u32::from(*byte);
        held += 8;
        if foreign > 0 {
            held -= foreign;
            foreign = 0;
        }
        while held >= 6 {
            held -= 6;
            out.push(sign((bits >> held & 63) as u8, last));
        }
    }
    out
}

fn sign(value: u8, last: &[u8; 2]) -> u8 {
    match value {
        0..26 => b'A' + value,
        26..52 => b'a' + value - 26,
        52..62 => b'0' + value - 52,
        62 => last[0],
        _ => last[1],
    }
}
