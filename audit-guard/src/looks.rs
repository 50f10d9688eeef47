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
    let lower = text.to_ascii_lowercase();
    let begins = ["$", "{{", "<", "%{", "%(", "#{", "${", "[", "(", "*", "…", "&"];
    let one_sign = different(value) < 2;
    let format = matches!(text, "{}" | "%s" | "%v" | "%d" | "%q" | "{:?}" | "?" | "-" | "--" | "@");
    let slot =
        text.starts_with('{') && text.ends_with('}') && text.len() < 32 && !text.contains(':');
    one_sign
        || format
        || slot
        || begins.iter().any(|begin| text.starts_with(begin))
        || EXAMPLES.contains(&lower.as_str())
        || LEFT_OUT.iter().any(|word| lower.contains(word))
        || ["your", "my_", "my-", "insert"].iter().any(|word| lower.starts_with(word))
}

/// True if an unquoted value is code: a call, a path of names, an element.
pub(crate) fn is_code(value: &[u8]) -> bool {
    let called = value.iter().any(|byte| matches!(byte, b'(' | b'[' | b'{'));
    let word = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.' | b':');
    let path = value.contains(&b'.') || value.contains(&b':');
    called || (path && value.iter().all(word))
}
