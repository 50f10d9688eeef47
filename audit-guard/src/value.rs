//! The value behind a name that looks sensitive: where it ends, and whether it is a secret.

use crate::authorization;
use crate::kind::Kind;
use crate::looks::{is_code, is_placeholder, is_random};
use crate::names::is_address;
use crate::pairs::Joint;
use crate::text::{Found, Text, is_word};
use crate::vendors::VENDOR;

/// The longest value that is looked for; a longer one is a secret up to here.
const VALUE_BYTES_MAX: usize = 16_384;
/// How much of a value is judged, so that looking at what is none costs little: a text may have a name at
/// every four bytes, and each of them is followed by as much.
const JUDGED_BYTES_MAX: usize = 64;
/// The same of a cookie, whose names are long.
const COOKIE_BYTES_MAX: usize = 128;

/// A value that belongs to a name with the part `term`.
pub(crate) struct Value {
    term: &'static str,
    form: Form,
}

impl Value {
    pub(crate) fn of(text: &Text<'_>, term: &'static str, joint: Joint, start: usize) -> Self {
        Self { term, form: Form::of(text, joint, start) }
    }

    /// The secret in it.
    pub(crate) fn secret(&self, text: &Text<'_>) -> Option<Found> {
        let form = &self.form;
        match self.term {
            "authorization" | "auth_header" => authorization::in_header(text, form.start),
            "cookie" if matches!(form.joint, Joint::Colon | Joint::Member) => cookie(text, form),
            _ if text.mark_ends(form.start).is_some() => self.rest(text, form.start)?.plain(text),
            // What follows a mark belongs to it, unless the mark is part of the value.
            _ if text.is_behind_mark(form.start) => None,
            _ => self.plain(text),
        }
    }

    /// What is left of it behind the marks that begin at `place`.
    ///
    /// A mark is a whole value, or it was put there to hide one. A header has no such rest.
    fn rest(&self, text: &Text<'_>, place: usize) -> Option<Self> {
        let form = Form { start: text.behind_marks(place), ..self.form };
        let is_header = matches!(self.term, "authorization" | "auth_header")
            || (self.term == "cookie" && matches!(form.joint, Joint::Colon | Joint::Member));
        (!is_header).then_some(Self { term: self.term, form })
    }

    /// The secret that the value is as a whole, whatever stands before it.
    fn plain(&self, text: &Text<'_>) -> Option<Found> {
        let Form { start, joint, quote, .. } = self.form;
        let judged = start..self.form.end(text, JUDGED_BYTES_MAX);
        if !is_secret(self.term, joint, quote.is_some(), text.slice(judged.clone())) {
            return None;
        }
        let found = text.found_behind_mark(judged.clone(), Kind::Secret)?;
        if judged.len() + 8 < JUDGED_BYTES_MAX {
            return Some(found);
        }
        // A long one is caught up to a mark in it, so that none is read again and again.
        let whole = start..self.form.end(text, VALUE_BYTES_MAX);
        Some(Found { place: text.up_to_mark(whole), kind: Kind::Secret })
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
struct Form {
    joint: Joint,
    /// Where it begins, behind its quote.
    start: usize,
    quote: Option<u8>,
    /// How many backslashes stand before its quote.
    escapes: usize,
}

impl Form {
    fn of(text: &Text<'_>, joint: Joint, start: usize) -> Self {
        let escapes = text.run(start, 4, |byte| byte == b'\\') - start;
        let open = start + escapes;
        match text.at(open) {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                Self { joint, start: open + 1, quote: Some(quote), escapes }
            }
            _ => Self { joint, start, quote: None, escapes: 0 },
        }
    }

    /// Where it ends, after at most `most` bytes.
    fn end(&self, text: &Text<'_>, most: usize) -> usize {
        let end = match (self.quote, self.joint) {
            (Some(quote), _) => self.end_of_quoted(text, quote, most),
            (None, Joint::Element) => {
                text.run(self.start, most, |byte| byte != b'<' && byte != b'\n')
            }
            (None, _) => end_of_bare(text, self.start, most),
        };
        floor_of_character(text, end)
    }

    /// The closing quote has as many escapes as the opening one; a line's end closes as well.
    fn end_of_quoted(&self, text: &Text<'_>, quote: u8, most: usize) -> usize {
        let mut before = 0;
        let mut place = self.start;
        while let Some(byte) = text.at(place).filter(|_| place - self.start < most) {
            if byte == quote && before <= self.escapes {
                return place - before.min(self.escapes);
            }
            if byte == b'\n' {
                break;
            }
            before = if byte == b'\\' { before + 1 } else { 0 };
            place += 1;
        }
        place
    }

    /// Where a header ends: with its quote, or with its line.
    fn end_of_header(&self, text: &Text<'_>, most: usize) -> usize {
        match self.quote {
            Some(_) => self.end(text, most),
            None => end_of_line(text, self.start, most, b"\r\n\"'`"),
        }
    }
}

/// What a value without quotes consists of, which of it may end it, and which of it joins parts.
static IN_BARE: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = b' ' as usize + 1;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'&' | b'"' | b'\'' | b'<' | b'>' | b'`' => 0,
            b',' => MAY_END | SPLITS | IS_BARE,
            b';' => MAY_END | IS_BARE,
            b'.' | b'/' | b'@' | b':' => SPLITS | IS_BARE,
            _ => IS_BARE,
        };
        byte += 1;
    }
    class
};
const IS_BARE: u8 = 1;
const MAY_END: u8 = 2;
/// Stands between the parts of a path or of a name with dots.
const SPLITS: u8 = 4;

fn end_of_bare(text: &Text<'_>, start: usize, most: usize) -> usize {
    let mut classes = 0;
    let end = text.run(start, most, |byte| {
        let class = IN_BARE[usize::from(byte)];
        classes |= class;
        class != 0
    });
    let value = text.slice(start..end);
    // A comma or semicolon ends the value if another name and value follow.
    let is_end = |at: &usize| {
        matches!(value.get(*at), Some(b',' | b';'))
            && names_another(value.get(at + 1..).unwrap_or_default())
    };
    let may_end = classes & MAY_END != 0;
    let ahead = if may_end { (0..value.len()).find(is_end) } else { None };
    let end = ahead.map_or(end, |at| start + at);
    let rest = text.slice(start..end).iter().rev();
    let closes = |byte: &&u8| matches!(byte, b',' | b';' | b')' | b']' | b'}' | b'.' | b'\\');
    end - rest.take_while(closes).count()
}

/// Where the line ends that `start` stands in, or the quote about it.
pub(crate) fn end_of_line(text: &Text<'_>, start: usize, most: usize, ends: &[u8]) -> usize {
    floor_of_character(text, text.run(start, most, |byte| !ends.contains(&byte)))
}

fn names_another(rest: &[u8]) -> bool {
    let name = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
        .count();
    rest.is_empty() || (name > 0 && matches!(rest.get(name), Some(b'=' | b':')))
}

/// A bound may fall into a character: the value ends before it.
pub(crate) fn floor_of_character(text: &Text<'_>, place: usize) -> usize {
    let inside = |place: usize| text.at(place).is_some_and(|byte| byte & 0xc0 == 0x80);
    (0..4).filter_map(|step| place.checked_sub(step)).find(|place| !inside(*place)).unwrap_or(place)
}

/// All values of a header, whose names are secrets as often as not.
fn cookie(text: &Text<'_>, form: &Form) -> Option<Found> {
    let judged = form.start..form.end_of_header(text, COOKIE_BYTES_MAX);
    let value = text.slice(judged.clone());
    text.found(judged, Kind::Secret)?;
    let good = value.contains(&b'=') && value.len() >= 8 && !is_placeholder(value);
    let end = if good { form.end_of_header(text, VALUE_BYTES_MAX) } else { form.start };
    text.found(text.up_to_mark(form.start..end), Kind::Secret)
}

/// True if a value is a secret, by the name it has and the way it is written.
fn is_secret(term: &str, joint: Joint, quoted: bool, value: &[u8]) -> bool {
    // What the name asks for is told soonest, and a text may ask at every few bytes.
    has_form(term, joint, quoted, value) && (quoted || !is_code(value)) && !is_placeholder(value)
}

/// True if a value has the form of what its name stands for.
fn has_form(term: &str, joint: Joint, quoted: bool, value: &[u8]) -> bool {
    let written = quoted || matches!(joint, Joint::Equals | Joint::Element);
    match term {
        "pin" | "otp" | "cvc" | "cvv" | "ssn" | "social_security" => {
            is_number(value, 3..=11) && (written || joint == Joint::Member || joint == Joint::Colon)
        }
        _ if term.ends_with("_code") => is_number(value, 4..=10) || is_token(value),
        "card_number" | "credit_card" | "iban" => is_number(value, 12..=40),
        _ if is_address(term) => false,
        VENDOR => value.len() >= 20 && value.iter().all(|byte| is_word(*byte)) && is_random(value),
        // The shell's name for the directory it works in.
        "pwd" if value.starts_with(b"/") || value.starts_with(b"~") => false,
        _ if is_password(term) && written => value.len() >= 3,
        _ if is_password(term) => value.len() >= 4 && is_no_word(value),
        _ => is_token(value),
    }
}

/// Terms whose values people make up, so that they may be words.
fn is_password(term: &str) -> bool {
    term.starts_with("pass") || term.ends_with("_pass") || matches!(term, "pwd" | "pw")
}

/// True if a value is more than a word of prose.
fn is_no_word(value: &[u8]) -> bool {
    let is_sign = |byte: &u8| {
        matches!(
            byte,
            b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'+' | b'=' | b'?' | b'~'
        )
    };
    let tells = |byte: &u8| byte.is_ascii_digit() || is_sign(byte);
    value.iter().any(tells) && value.iter().any(u8::is_ascii_alphanumeric)
}

/// True if a value was made by a generator. A word of a machine in hex is a handle, no secret.
fn is_token(value: &[u8]) -> bool {
    let is_handle = value.starts_with(b"0x") && value.len() <= 18;
    // The parts of a path or of a name with dots are words, each by itself.
    let parts = value.split(|byte| IN_BARE[usize::from(*byte)] & SPLITS != 0);
    let longest = parts.max_by_key(|part| part.len()).unwrap_or_default();
    longest.len() >= 8 && !is_handle && is_random(longest)
}

fn is_number(value: &[u8], digits: std::ops::RangeInclusive<usize>) -> bool {
    let only = value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-'));
    only && digits.contains(&value.iter().filter(|byte| byte.is_ascii_digit()).count())
}
