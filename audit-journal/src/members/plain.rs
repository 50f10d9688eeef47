//! A quick look at the members of an object as the journal's own encoder writes them.

/// What lies deeper is left to the parser.
const DEPTH_MAX: u32 = 63;

/// True if `body` is surely a list of members of a JSON object, and none at its top has one of the journal's own
/// names. What has spaces between its parts, an exponent or an escaped name is left to a parser, which is to be
/// asked where this is false. Control bytes and bad UTF-8 have been refused before.
pub(super) fn are_members(body: &[u8]) -> bool {
    let mut look = Look { rest: body, objects: 1, depth: 0 };
    while let Some(is_over) = look.member() {
        if is_over {
            return true;
        }
    }
    false
}

/// What is still to be read, and in what it stands.
struct Look<'a> {
    rest: &'a [u8],
    /// A bit for each level, the innermost last: 1 for an object, 0 for an array.
    objects: u64,
    depth: u32,
}

impl<'a> Look<'a> {
    /// Passes the next member or value, and the ends and the comma behind it; true at the end of all, `None` if
    /// it is left to a parser.
    fn member(&mut self) -> Option<bool> {
        if self.is_in_object() {
            self.name()?;
        }
        if self.opens()? {
            return Some(false);
        }
        loop {
            match self.rest.split_first() {
                None => return (self.depth == 0).then_some(true),
                Some((b',', rest)) => {
                    self.rest = rest;
                    return Some(false);
                }
                Some((end, rest)) => self.close(*end, rest)?,
            }
        }
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn name(&mut self) -> Option<()> {
        let text = self.rest.strip_prefix(b"\"")?;
        let (name, rest) = text.split_at(plain_length(text));
        self.rest = rest.strip_prefix(b"\":")?;
        // As patterns, which are compared quicker than the list of the same.
        let is_own = matches!(name, b"v" | b"seq" | b"observed" | b"boot" | b"mono" | b"h");
        (!is_own || self.depth > 0).then_some(())
    }

    /// Passes a value; true if it has some of its own, which come next.
    fn opens(&mut self) -> Option<bool> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = match first {
            b'"' => pass_text(rest)?,
            b'-' => pass_number(rest)?,
            b'0'..=b'9' => pass_number(self.rest)?,
            b't' => rest.strip_prefix(b"rue")?,
            b'f' => rest.strip_prefix(b"alse")?,
            b'n' => rest.strip_prefix(b"ull")?,
            b'{' | b'[' if self.depth < DEPTH_MAX => {
                self.objects = self.objects << 1 | u64::from(*first == b'{');
                (self.depth, self.rest) = (self.depth + 1, rest);
                return match rest.split_first()? {
                    (end @ (b'}' | b']'), rest) => self.close(*end, rest).map(|()| false),
                    _ => Some(true),
                };
            }
            _ => return None,
        };
        Some(false)
    }

    fn close(&mut self, end: u8, rest: &'a [u8]) -> Option<()> {
        let expected = if self.is_in_object() { b'}' } else { b']' };
        if end != expected || self.depth == 0 {
            return None;
        }
        (self.objects, self.depth, self.rest) = (self.objects >> 1, self.depth - 1, rest);
        Some(())
    }
}

/// The rest behind a text and its quote.
fn pass_text(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text;
    loop {
        rest = &rest[plain_length(rest)..];
        let escaped = match rest.split_first()? {
            (b'"', rest) => return Some(rest),
            (_, escaped) => escaped,
        };
        rest = match escaped.split_first()? {
            (b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', rest) => rest,
            (b'u', digits) => {
                let (digits, rest) = digits.split_at_checked(4)?;
                digits.iter().all(u8::is_ascii_hexdigit).then_some(rest)?
            }
            _ => return None,
        };
    }
}

/// The rest behind a number without an exponent, and behind its sign.
fn pass_number(number: &[u8]) -> Option<&[u8]> {
    let (whole, rest) = number.split_at(digits(number));
    if whole.is_empty() || (whole.len() > 1 && whole[0] == b'0') {
        return None;
    }
    match rest.strip_prefix(b".") {
        None => Some(rest),
        Some(fraction) => Some(&fraction[digits(fraction)..]).filter(|_| digits(fraction) > 0),
    }
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// How many bytes stand before the first quote or backslash; eight are looked at at once.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // The lowest bit that is set is that of the first zero byte.
        let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
        let places = |byte: u8| zeros(word ^ (ONES * u64::from(byte)));
        let found = places(b'"') | places(b'\\');
        if found != 0 {
            return at * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let is_plain = |byte: &&u8| !matches!(**byte, b'"' | b'\\');
    words.len() * 8 + rest.iter().take_while(is_plain).count()
}

#[cfg(test)]
mod tests {
    use super::super::OWN;
    use super::*;

    /// What a parser says of the same.
    fn are_parsed(body: &[u8]) -> bool {
        let object = [b"{", body, b"}"].concat();
        super::super::count_own(&object).is_ok_and(|counts| counts.iter().all(|count| *count == 0))
    }

    #[test]
    fn what_the_encoder_writes_needs_no_parser() {
        for plain in [
            r#""a":1"#,
            r#""a":-0.50,"b":{},"c":[],"d":[[],{"seq":[1,"x",null,true,false]}],"e":"""#,
            r#""text of many words":"with \"quotes\", \\ and \u00e9","ü":{"h":{"v":0}}"#,
        ] {
            assert!(are_members(plain.as_bytes()) && are_parsed(plain.as_bytes()), "{plain}");
        }
        let deep = format!("\"a\":{}1{}", "[".repeat(63), "]".repeat(63));
        assert!(are_members(deep.as_bytes()));
        let deeper = format!("\"a\":{}1{}", "[".repeat(64), "]".repeat(64));
        assert!(!are_members(deeper.as_bytes()));
    }

    #[test]
    fn nothing_passes_that_a_parser_refuses() {
        const BYTES: &[u8] = b"\"\\{}[],:0-.1eavh tnu";
        let whole =
            br#""a":{"b":[1,-2.5,true,"x\u00e9\n"],"h":null},"long name":"long text","d":[{},[]]"#;
        let mut passed = 0;
        let mut check = |body: &[u8]| {
            let is_plain = are_members(body);
            passed += usize::from(is_plain);
            assert!(!is_plain || are_parsed(body), "{}", String::from_utf8_lossy(body));
        };
        for at in 0..whole.len() {
            check(&whole[..at]);
            check(&[&whole[..at], &whole[at + 1..]].concat());
            for &byte in BYTES {
                let mut changed = whole.to_vec();
                changed[at] = byte;
                check(&changed);
                changed.insert(at, byte);
                check(&changed);
                for second in BYTES {
                    changed[at + 1] = *second;
                    check(&changed);
                }
            }
        }
        assert!(passed > 1000, "{passed}");
        for own in OWN {
            assert!(!are_members(format!("\"a\":1,\"{own}\":2").as_bytes()));
        }
    }

    #[test]
    fn quotes_and_backslashes_are_found_wherever_they_stand() {
        for length in 0..40 {
            for stop in [b'"', b'\\'] {
                let bytes = [&vec![b'\xa2'; length][..], &[stop, b'"', b'x']].concat();
                assert_eq!(plain_length(&bytes), length);
                assert_eq!(plain_length(&bytes[..length]), length);
            }
        }
    }
}
