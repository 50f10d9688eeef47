//! What a value looks like: made up by chance, put there as an example, or left out already.

/// True if a text is as varied as what a generator of secrets writes.
///
/// Words and names of code have few digits, few capitals and many repetitions. What is in hex is
/// told by the number of its different digits alone.
pub(crate) fn is_random(text: &[u8]) -> bool {
    let counts = text.iter().fold(0_u64, |counts, byte| counts + COUNTED[usize::from(*byte)]);
    let [digits, upper, lower] = [0, LANE, 2 * LANE].map(|lane| counts >> lane & ((1 << LANE) - 1));
    let letters = upper + lower;
    let mixed = upper * 5 >= letters && lower * 5 >= letters;
    let varied = if digits > 0 { letters > 0 } else { mixed && text.len() >= 12 };
    varied && has_different(text, text.len().div_ceil(3).clamp(4, 9))
}

/// Each class of letters has so many bits of a number in which all are counted at once.
const LANE: u32 = 21;

/// What each byte adds: one to digits, capitals or small letters.
static COUNTED: [u64; 256] = {
    let mut counted = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        counted[byte] = match byte as u8 {
            b'0'..=b'9' => 1,
            b'A'..=b'Z' => 1 << LANE,
            b'a'..=b'z' => 1 << (2 * LANE),
            _ => 0,
        };
        byte += 1;
    }
    counted
};

/// True if a text has so many different bytes; reads no further than it must.
fn has_different(text: &[u8], least: usize) -> bool {
    let mut seen = [0; 4];
    text.chunks(16).any(|chunk| seen_with(&mut seen, chunk) >= least)
}

/// How many different bytes a text has.
pub(crate) fn different(text: &[u8]) -> usize {
    seen_with(&mut [0; 4], text)
}

/// How many different bytes were seen, those of `text` too.
fn seen_with(seen: &mut [u64; 4], text: &[u8]) -> usize {
    for byte in text {
        if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }
    seen.iter().map(|word| word.count_ones() as usize).sum()
}

/// Values that say that there is none, or what would stand there.
const EXAMPLES: &[&str] = &[
    "...",
    "any",
    "changed",
    "changeme",
    "default",
    "deleted",
    "disabled",
    "empty",
    "enabled",
    "example",
    "expired",
    "false",
    "filtered",
    "hidden",
    "incorrect",
    "invalid",
    "masked",
    "missing",
    "n/a",
    "nil",
    "no",
    "none",
    "not",
    "null",
    "off",
    "ok",
    "on",
    "omitted",
    "optional",
    "pass",
    "passwd",
    "password",
    "protected",
    "redacted",
    "removed",
    "required",
    "reset",
    "rotated",
    "secret",
    "set",
    "string",
    "test",
    "token",
    "true",
    "undefined",
    "unknown",
    "unset",
    "valid",
    "wrong",
    "yes",
    "your_password",
    "your_token",
];

/// True if a value is a place for one, an example, or was left out already.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let format = matches!(text, "{}" | "%s" | "%v" | "%d" | "%q" | "{:?}" | "?" | "-" | "--" | "@");
    let slot =
        text.starts_with('{') && text.ends_with('}') && text.len() < 32 && !text.contains(':');
    let begins = |word: &&str| begins_with(value, word.as_bytes());
    value.iter().all(|byte| Some(byte) == value.first())
        || format
        || slot
        || is_slot(text)
        || EXAMPLES.iter().any(|word| text.eq_ignore_ascii_case(word))
        // What says so in brackets may be a mark that somebody forged: all of it is words, or it is none.
        || (!text.starts_with('[') && is_left_out(value))
        || ["your", "my_", "my-", "insert"].iter().any(begins)
}

/// True if somebody left a value out already: a word that says so stands in it.
fn is_left_out(value: &[u8]) -> bool {
    value.iter().enumerate().any(|(at, byte)| {
        let word = match byte.to_ascii_lowercase() {
            b'*' => "***",
            b'x' => "xxxx",
            b'.' => "....",
            b'r' => "redacted",
            b'm' => "masked",
            b'f' => "filtered",
            b'e' => "example",
            b'p' => "placeholder",
            _ => return false,
        };
        let rest = value.get(at..).unwrap_or_default();
        begins_with(rest, word.as_bytes())
    })
}

/// True if a text begins with a word, whatever the case of its letters.
fn begins_with(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
}

/// True if a text begins like a place for a value, and all of it is names: nothing was made by chance.
///
/// The closing bracket is no part of a value that stands without quotes, so none is asked for.
fn is_slot(text: &str) -> bool {
    let begins = |signs: &[&str]| signs.iter().any(|sign| text.starts_with(sign));
    let parts = || text.as_bytes().split(|sign| !sign.is_ascii_alphanumeric());
    if begins(&["{{", "<", "%{", "%(", "#{", "${", "$"]) {
        return !parts().any(|part| is_random(part) && !is_numbered(part));
    }
    begins(&["[", "(", "*", "…", "&"]) && !parts().any(is_random)
}

/// True if a part of a name has digits at its end only: `DB2`, `v1`.
fn is_numbered(part: &[u8]) -> bool {
    let digits = part.iter().rev().take_while(|sign| sign.is_ascii_digit()).count();
    part.iter().rev().skip(digits).all(u8::is_ascii_alphabetic)
}

/// True if an unquoted value is code: a call, a path of names, an element.
pub(crate) fn is_code(value: &[u8]) -> bool {
    // A bracket that a value begins with calls nothing.
    let name = value.iter().skip_while(|byte| matches!(byte, b'(' | b'['));
    let classes = name.fold(0, |classes, byte| classes | IN_CODE[usize::from(*byte)]);
    classes & OPENS != 0 || (classes & JOINS != 0 && classes & OTHER == 0)
}

/// What a byte is in code: a part of a word (0), a joint of a path, an open bracket, or another sign.
static IN_CODE: [u8; 256] = {
    let mut class = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => class[byte] = 0,
            b'.' | b':' => class[byte] = JOINS,
            b'(' | b'[' | b'{' => class[byte] = OPENS,
            _ => {}
        }
        byte += 1;
    }
    class
};
const JOINS: u8 = 1;
const OPENS: u8 = 2;
const OTHER: u8 = 4;
