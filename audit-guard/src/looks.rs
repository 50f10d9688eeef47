//! What a value looks like: made up by chance, put there as an example, or left out already.

/// True if a text is as varied as what a generator of secrets writes.
///
/// Words and names of code have few digits, few capitals and many repetitions. What is in hex is
/// told by the number of its different digits alone.
pub(crate) fn is_random(text: &[u8]) -> bool {
    let different = different(text);
    if different < text.len().div_ceil(3).clamp(4, 9) {
        return false;
    }
    let count = |class: fn(&u8) -> bool| text.iter().filter(|byte| class(byte)).count();
    let (digits, upper, lower) =
        (count(u8::is_ascii_digit), count(u8::is_ascii_uppercase), count(u8::is_ascii_lowercase));
    let letters = upper + lower;
    let mixed = upper * 5 >= letters && lower * 5 >= letters;
    if digits > 0 { letters > 0 } else { mixed && text.len() >= 12 }
}

/// How many different bytes a text has.
pub(crate) fn different(text: &[u8]) -> usize {
    let seen = text.iter().fold([0_u64; 4], |mut seen, byte| {
        if let Some(word) = seen.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
        seen
    });
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

/// What stands in a value that somebody left out already.
const LEFT_OUT: &[&str] =
    &["***", "xxxx", "....", "redacted", "masked", "filtered", "example", "placeholder"];

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

fn is_left_out(value: &[u8]) -> bool {
    let may_begin = |byte: &u8| {
        matches!(byte.to_ascii_lowercase(), b'*' | b'x' | b'.' | b'r' | b'm' | b'f' | b'e' | b'p')
    };
    let mut places = value.iter().enumerate().filter(|(_, byte)| may_begin(byte));
    places.any(|(at, _)| {
        let rest = value.get(at..).unwrap_or_default();
        LEFT_OUT.iter().any(|word| begins_with(rest, word.as_bytes()))
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
    let parts = || text.split(|sign: char| !sign.is_ascii_alphanumeric());
    if begins(&["{{", "<", "%{", "%(", "#{", "${", "$"]) {
        return !parts().any(|part| !is_numbered(part) && is_random(part.as_bytes()));
    }
    begins(&["[", "(", "*", "…", "&"]) && !parts().any(|part| is_random(part.as_bytes()))
}

/// True if a part of a name has digits at its end only: `DB2`, `v1`.
fn is_numbered(part: &str) -> bool {
    let word = part.trim_end_matches(|sign: char| sign.is_ascii_digit());
    word.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// True if an unquoted value is code: a call, a path of names, an element.
pub(crate) fn is_code(value: &[u8]) -> bool {
    // A bracket that a value begins with calls nothing.
    let name = value.iter().skip_while(|byte| matches!(byte, b'(' | b'['));
    let (mut is_path, mut is_word) = (false, true);
    for byte in name {
        match byte {
            b'(' | b'[' | b'{' => return true,
            b'.' | b':' => is_path = true,
            byte => is_word &= byte.is_ascii_alphabetic() || *byte == b'_',
        }
    }
    is_path && is_word
}
