//! Passes over a text, until one finds nothing: that is why a scrubbed text is left as it is.
//!
//! A pass reads a text from left to right, and what it replaces changes what stands beside it: a word
//! that ended a command is gone, a name has a value where it had none. So one pass may show a secret to
//! the next. No rule has to answer for that: the text of which a pass finds nothing is the result, and
//! the next call begins with the same pass over the same text.
//!
//! It ends, because each pass replaces bytes that belong to no mark, and makes none of these. Nearly every
//! text needs one pass that finds something and one that does not. Whoever makes a text that shows a little
//! in each pass gets few of them: from the fifth on, more and more about each place is replaced with it, marks that
//! stand there included.

use std::borrow::Cow;
use std::ops::Range;

use crate::kind::{Caught, Kind, TAG_BYTES, is_tag, mark_at};

use crate::live;
use crate::names;
use crate::places::Places;
use crate::text::{Found, Text};
use crate::unseen::Seen;
use crate::words;

/// So many passes replace just what they find.
const EXACT_PASSES: u32 = 4;
/// With so many, what is replaced about a place is longer than any text.
const PASSES_MAX: u32 = 40;

/// A text without the secrets that were found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed<'a> {
    /// The text; borrowed if nothing was found.
    pub text: Cow<'a, str>,
    /// What was replaced.
    pub caught: Caught,
}

/// Replaces the secrets in `text` by marks.
///
/// Takes time that grows with the length of the text and with nothing else. Scrub before a text
/// is cut: half a secret is not found.
#[inline]
pub fn scrub(text: &str) -> Scrubbed<'_> {
    // Most texts of a record are names and short ids.
    let is_short = words::is_short_word(text.as_bytes()) && !live::is_any();
    if is_short { untouched(text) } else { searched(text) }
}

/// Replaces the secrets in a value that has a name: all of it, if the name looks sensitive.
///
/// What names an address, such as `database_url`, is searched like any other text.
///
/// ```
/// assert_eq!(audit_guard::scrub_field("user.password", "hunter2").text, "[REDACTED:secret]");
/// assert_eq!(audit_guard::scrub_field("user.name", "ada").text, "ada");
/// ```
pub fn scrub_field<'a>(name: &str, text: &'a str) -> Scrubbed<'a> {
    let is_one =
        names::is_secret(name) && !text.is_empty() && mark_at(text.as_bytes()) != Some(text.len());
    if is_one { Scrubbed::of_secret() } else { scrub(text) }
}

/// The same of a number, which is no secret because it counts some: `pin` is one, `tokens` is none.
pub fn scrub_number(name: &str) -> Option<Scrubbed<'static>> {
    names::is_secret_number(name).then(Scrubbed::of_secret)
}

fn untouched(text: &str) -> Scrubbed<'_> {
    Scrubbed { text: Cow::Borrowed(text), caught: Caught::nothing() }
}

fn searched(text: &str) -> Scrubbed<'_> {
    settled(text, found)
}

impl Scrubbed<'_> {
    /// In place of a whole value.
    fn of_secret() -> Self {
        let mut secret =
            Self { text: Cow::Borrowed(Kind::Secret.mark()), caught: Caught::nothing() };
        secret.caught.count(Kind::Secret);
        secret
    }

    /// The text, whose first mark holds `tag` as well: `[REDACTED:card:2f61c0de:…]`.
    ///
    /// A tag is a keyed hash of what an identifier was, so that the records of one account still belong
    /// together: eight hexadecimal digits, a colon, 22 signs of base64 for URLs. A text with it is left as
    /// it is when it is scrubbed. None if there is no mark, or the tag has another form.
    pub fn tagged(&self, tag: &str) -> Option<String> {
        let text = Text::new(self.text.as_bytes());
        let mut from = 0;
        while let Some(mark) = text.first_mark(from..self.text.len()) {
            let end = text.mark_ends(mark)?;
            // A mark that has one already came with the text.
            if end - mark <= TAG_BYTES {
                let (before, behind) = self.text.split_at_checked(end - 1)?;
                let tagged = is_tag(tag.as_bytes()).then(|| format!("{before}:{tag}{behind}"))?;
                return Some(scrub(&tagged).text.into_owned());
            }
            from = end;
        }
        None
    }
}

/// The text of which `find` finds nothing any more.
fn settled(text: &str, find: impl Fn(&str) -> Vec<Found>) -> Scrubbed<'_> {
    let mut scrubbed = untouched(text);
    for pass in 0..PASSES_MAX {
        let found = find(&scrubbed.text);
        if found.is_empty() {
            break;
        }
        let found = widened(found, &scrubbed.text, slack_bytes(pass));
        found.iter().for_each(|one| scrubbed.caught.count(one.kind));
        scrubbed.text = Cow::Owned(replaced(&scrubbed.text, &found));
    }
    scrubbed
}

/// What one pass finds. What is known comes before what is guessed, and is replaced before any of it is; and what a
/// reader sees is looked at as well as what stands there, so that a colour in a secret does not hide it.
fn found(text: &str) -> Vec<Found> {
    let bytes = text.as_bytes();
    let live = live::find(bytes);
    if !live.is_empty() {
        return live;
    }
    let Some(seen) = Seen::of(text) else { return Places::new(bytes).collect() };
    let live = live::find(&seen.bytes);
    let mut found = if live.is_empty() { Places::new(&seen.bytes).collect() } else { live };
    found.iter_mut().for_each(|one| one.place = seen.in_text(&one.place));
    found
}

/// How much is replaced to both sides of what a pass finds: nothing, then 16 bytes, 64, 256 and so on.
fn slack_bytes(pass: u32) -> usize {
    match pass.checked_sub(EXACT_PASSES) {
        None => 0,
        Some(late) => 4_usize.saturating_pow(late + 2),
    }
}

/// The places with what lies about them; what overlaps then is one.
fn widened(found: Vec<Found>, text: &str, slack_bytes: usize) -> Vec<Found> {
    if slack_bytes == 0 {
        return found;
    }
    let mut wide: Vec<Found> = Vec::new();
    for Found { place, kind } in found {
        let Range { start, end } = place;
        let place = floor(text, start.saturating_sub(slack_bytes))
            ..floor(text, end.saturating_add(slack_bytes).min(text.len()));
        match wide.last_mut().filter(|last| last.place.end >= place.start) {
            Some(last) => last.place.end = place.end,
            None => wide.push(Found { place, kind }),
        }
    }
    wide
}

/// Where the character begins that `place` lies in.
fn floor(text: &str, place: usize) -> usize {
    (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap_or_default()
}

fn replaced(text: &str, found: &[Found]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut written = 0;
    for Found { place, kind } in found {
        out.push_str(text.get(written..place.start).unwrap_or_default());
        out.push_str(kind.mark());
        written = place.end;
    }
    out.push_str(text.get(written..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TAG: &str = "2f61c0de:AbCdEfGhIjKlMnOpQrSt_-";

    /// What a pass finds that sees one secret only when all before it are gone.
    fn one_at_a_time(text: &str) -> Vec<Found> {
        let start = text.find('*');
        start
            .map(|start| Found { place: start..start + 1, kind: Kind::Secret })
            .into_iter()
            .collect()
    }

    /// What short words are made of, secrets among them.
    const PIECES: &[&str] = &[
        "password",
        "token",
        "pin",
        "AKIA",
        "A3T",
        "AKC",
        "AP6",
        "xxxxxxxx",
        "0917",
        "1EG4TE5",
        "MK73",
        "L01X00T44",
        "12345678Z",
        "+4930",
        "tel",
        "LTAI",
        "sm_aat_",
        "md-",
        "eyJ",
        "SG.",
        "-us1",
        "MK07",
        "NO93",
        "BE68",
        "DE89",
        "4111",
        "123-45-6789",
        "Bearer",
        "curl",
        "7",
        "42",
        "Z",
        "ABCDEFGH",
        "a8Zk20fj",
        "-",
        "_",
        ".",
        "=",
        ":",
        " ",
        "~",
        "|",
        "/",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn a_short_word_holds_no_secret(pieces in prop::collection::vec(prop::sample::select(PIECES), 1..6)) {
            let text = pieces.concat();
            if words::is_short_word(text.as_bytes()) {
                prop_assert_eq!(searched(&text), untouched(&text));
            }
        }
    }

    #[test]
    fn a_text_that_shows_a_little_in_each_pass_is_settled_in_a_few() {
        for (times, caught) in [(3, 3), (4, 4), (5, 5), (1_000, 9), (100_000, 13)] {
            let text = format!("before {} behind", "* é".repeat(times));
            let scrubbed = settled(&text, one_at_a_time);
            assert!(!scrubbed.text.contains('*'));
            assert!(scrubbed.caught.of(Kind::Secret) <= caught, "{times}: {:?}", scrubbed.caught);
            assert_eq!(settled(&scrubbed.text, one_at_a_time).text, scrubbed.text);
        }
        let short = settled("left * alone * here", one_at_a_time);
        assert_eq!(short.text, "left [REDACTED:secret] alone [REDACTED:secret] here");
    }

    #[test]
    fn a_mark_is_tagged_once_and_left_as_it_is() {
        let tagged = scrub("4111111111111111 or 5555555555554444").tagged(TAG).unwrap();
        assert_eq!(tagged, format!("[REDACTED:card:{TAG}] or [REDACTED:card]"));
        assert_eq!(scrub(&tagged).text, tagged);
        let sent = format!("[REDACTED:ssn:{TAG}] 4111111111111111");
        let other = TAG.replace('2', "0");
        let both = format!("[REDACTED:ssn:{TAG}] [REDACTED:card:{other}]");
        assert_eq!(scrub(&sent).tagged(&other), Some(both));
        assert_eq!(scrub("harmless").tagged(TAG), None);
        assert_eq!(scrub("4111111111111111").tagged("hunter2"), None);
    }

    /// A tag may end like a name that looks sensitive, or hold one.
    #[test]
    fn what_stands_in_a_tag_is_no_name() {
        for tag in ["2f61c0de:AbCdEfGhIjKlMnOpQr-pin", "2f61c0de:my-password-tokens-pin"] {
            let text = format!("[REDACTED:card:{tag}]: 1234 x");
            assert_eq!(tag.len(), TAG_BYTES, "{tag}");
            assert_eq!(scrub(&text).text, text);
        }
        assert_eq!(
            scrub("[REDACTED:card:2f61c0de:password=hunter2S3cret]").text,
            "[REDACTED:card:2f61c0de:password=[REDACTED:secret]]"
        );
    }
}
