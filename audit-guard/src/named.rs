//! Numbers of persons and phones that a word before them tells: `passport number is …`, `SIN: …`, `Telefon: …`.

use std::ops::RangeInclusive;

use crate::kind::Kind;
use crate::numbers::is_closed;
use crate::text::{Found, Text};

/// How far behind its word a number may begin: `number of the holder is: `.
const BETWEEN_BYTES_MAX: usize = 28;
/// The longest number, with what stands between its parts.
const NUMBER_BYTES_MAX: usize = 28;

/// A word, and what a number behind it has.
#[derive(Debug)]
pub(crate) struct Named {
    /// In small letters.
    pub(crate) word: &'static str,
    digits: RangeInclusive<usize>,
    letters_max: usize,
    kind: Kind,
}

const fn id(word: &'static str, least: usize, most: usize, letters_max: usize) -> Named {
    Named { word, digits: least..=most, letters_max, kind: Kind::PersonalNumber }
}

const fn phone(word: &'static str) -> Named {
    Named { word, digits: 9..=15, letters_max: 0, kind: Kind::Phone }
}

/// All words; rules name them by their place. Those of less than five letters stand alone.
pub(crate) static NAMED: &[Named] = &[
    phone("phone"),
    phone("mobile"),
    phone("telefon"),
    phone("telepono"),
    phone("cell"),
    phone("handy"),
    phone("cep no"),
    phone("tel"),
    phone("fax"),
    phone("whatsapp"),
    id("passport", 6, 9, 3),
    id("passeport", 6, 9, 3),
    id("passaporto", 6, 9, 3),
    id("pasaporte", 6, 9, 3),
    id("reisepass", 6, 9, 3),
    id("pass-nr", 6, 9, 3),
    id("여권", 6, 9, 2),
    id("travel document", 6, 9, 3),
    id("licence", 6, 12, 9),
    id("driver license", 6, 12, 3),
    id("driver's license", 6, 12, 3),
    id("license is", 6, 12, 3),
    id("hrerschein", 6, 12, 3),
    id("fahrerlaubnis", 6, 12, 3),
    id("patente", 6, 9, 3),
    id("ausweis", 5, 9, 4),
    id("national insurance", 6, 6, 3),
    id("nino", 6, 6, 3),
    id("nhs", 10, 10, 0),
    id("sin", 9, 9, 0),
    id("nas", 9, 9, 0),
    id("npi", 10, 10, 0),
    id("provider identifier", 10, 10, 0),
    id("tin", 9, 12, 0),
    id("tax id", 9, 13, 0),
    id("steuer-id", 11, 11, 0),
    id("idnr", 9, 11, 2),
    id("steuernummer", 10, 13, 0),
    id("st.-nr", 10, 13, 0),
    id("lanr", 9, 9, 0),
    id("arztnummer", 9, 9, 0),
    id("bsnr", 9, 9, 0),
    id("stennummer", 9, 9, 0),
    id("kvnr", 9, 9, 1),
    id("rvnr", 11, 11, 1),
    id("aadhaar", 12, 12, 0),
    id("voter", 7, 7, 3),
    id("pan number", 4, 4, 6),
    id("pesel", 11, 11, 0),
    id("personnummer", 10, 12, 0),
    id("identity code", 9, 12, 2),
    id("kimlik", 11, 11, 0),
    id("tckn", 11, 11, 0),
    id("turkish id", 11, 11, 0),
    id("thai id", 13, 13, 0),
    id("national id", 7, 13, 2),
    id("tnin", 13, 13, 0),
    id("african id", 13, 13, 0),
    id("rsa id", 13, 13, 0),
    id("id number", 8, 13, 2),
    id("resident number", 8, 13, 2),
    id("rrn", 13, 13, 0),
    id("frn", 13, 13, 0),
    id("brn", 10, 10, 0),
    id("nric", 7, 7, 2),
    id("uen", 8, 9, 4),
    id("medicare", 10, 11, 4),
    Named { word: "ssn", digits: 9..=9, letters_max: 0, kind: Kind::Ssn },
    Named { word: "social security number", digits: 9..=9, letters_max: 0, kind: Kind::Ssn },
    id("account number", 6, 17, 0),
    id("bank account", 6, 17, 0),
    id("routing number", 9, 9, 0),
    id("sozialversicherung", 11, 11, 1),
    id("dea number", 7, 7, 2),
];

/// The number behind the word of this number, which begins at `start`.
pub(crate) fn at(text: &Text<'_>, named: u8, start: usize) -> Option<Found> {
    let named = NAMED.get(usize::from(named))?;
    let word = named.word.as_bytes();
    let behind = start + word.len();
    let is_letter = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphabetic());
    let stands_alone = !is_letter(text.before(start)) && !is_letter(text.at(behind));
    if !text.starts_with_word(start, word) || word.len() < 5 && !stands_alone {
        return None;
    }
    let is_between =
        |byte: u8| byte.is_ascii_alphabetic() || byte >= 0x80 || b" \t:=#\"'.()+-".contains(&byte);
    let digit = text.run(behind, BETWEEN_BYTES_MAX, is_between);
    if !text.at(digit).is_some_and(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Letters before the first digit belong to the number, and so does a plus.
    let is_head = |byte: u8| byte.is_ascii_alphabetic() || byte == b'+' || byte == b'(';
    let from = text.run_back(digit, named.letters_max + 1, is_head).max(behind);
    let end = end_of_number(text, digit);
    let number = text.slice(from..end);
    let digits = number.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = number.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let good =
        named.digits.contains(&digits) && letters <= named.letters_max && is_closed(text, end);
    let open = !text.before(from).is_some_and(|byte| byte.is_ascii_alphanumeric());
    if good && open { text.found(from..end, named.kind) } else { None }
}

/// Where a number ends: parts of letters and digits with one sign between two, and blanks only before digits.
fn end_of_number(text: &Text<'_>, start: usize) -> usize {
    let is_sign = |place: usize, digits: bool| {
        text.at(place)
            .is_some_and(|byte| byte.is_ascii_digit() || !digits && byte.is_ascii_alphabetic())
    };
    let mut place = start;
    while place - start < NUMBER_BYTES_MAX {
        match text.at(place) {
            Some(byte) if byte.is_ascii_alphanumeric() => place += 1,
            Some(b'-' | b'/' | b'.') if is_sign(place + 1, false) => place += 1,
            Some(b' ' | b'(' | b')') if is_sign(place + 1, true) => place += 1,
            Some(b')') if text.at(place + 1) == Some(b' ') && is_sign(place + 2, true) => {
                place += 2
            }
            _ => break,
        }
    }
    place
}
