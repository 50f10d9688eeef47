//! Which four bytes of a text call which rule.

use crate::formats::FORMATS;
use crate::named::NAMED;
use crate::text::is_word;
use crate::vendors::VENDORS;

/// What is looked for where four bytes of its word stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A name that looks sensitive, and its value.
    Pair,
    /// A token of the format with this number.
    Token(u8),
    Jwt,
    PrivateKey,
    Url,
    Bearer,
    Basic,
    Curl,
    Ssn,
    Telegram,
    Mailchimp,
    AzureClient,
    Discord,
    /// A number behind the word with this number.
    Named(u8),
}

/// What takes four bytes, the rule that they call, and how far into its word they stand.
type Add<'a> = &'a mut dyn FnMut([u8; 4], Rule, u8);

/// What follows a short name: the end of a quote or bracket, a separator, another word.
const BEHIND_NAME: &[u8] = b"=:\"'\\_- ]>%";

/// What follows a word of three letters before a number.
const BEHIND_WORD: &[u8] = b" :=#\".-";

/// What precedes a name of two letters.
const BEFORE_NAME: &[u8] = b" \"'_-&?,;{([";

/// Calls `add` with all four bytes that call a rule.
pub(crate) fn each_gram(add: Add<'_>) {
    for term in audit_syntax::sensitive_terms() {
        each_of_term(term, add);
    }
    for vendor in VENDORS {
        each_of_word(vendor.as_bytes(), BEHIND_NAME, Rule::Pair, add);
    }
    for (number, format) in (0..).zip(FORMATS) {
        let followed: Vec<u8> = (0..=0x7f).filter(|byte| format.alphabet.has(*byte)).collect();
        each_of_word(format.prefix.as_bytes(), &followed, Rule::Token(number), add);
    }
    let printable: Vec<u8> = (b' '..=b'~').collect();
    each_of_word(b"eyJ", b"hr0ujiobcdefgklm", Rule::Jwt, add);
    add(*b"--BE", Rule::PrivateKey, 3);
    each_of_word(b"://", &printable, Rule::Url, add);
    add(*b"eare", Rule::Bearer, 1);
    add(*b"asic", Rule::Basic, 1);
    add(*b"curl", Rule::Curl, 0);
    each_of_word(b":AA", &printable, Rule::Telegram, add);
    each_of_word(b"-us", b"0123456789", Rule::Mailchimp, add);
    for digits in 0..100_u8 {
        add([b'-', b'0' + digits / 10, b'0' + digits % 10, b'-'], Rule::Ssn, 0);
    }
    let in_secret: Vec<u8> =
        (0..=0x7f).filter(|byte| is_word(*byte) || b".~".contains(byte)).collect();
    for digit in b'0'..=b'9' {
        each_of_word(&[digit, b'Q', b'~'], &in_secret, Rule::AzureClient, add);
    }
    for (number, named) in (0..).zip(NAMED) {
        each_of_word(named.word.as_bytes(), BEHIND_WORD, Rule::Named(number), add);
    }
    each_of_discord(add);
}

/// The four bytes of a term that are rarest, in each of its spellings.
fn each_of_term(term: &str, add: Add<'_>) {
    let Some((first, _)) = term.split_once('_') else {
        return match term.as_bytes() {
            [_, _] => BEFORE_NAME.iter().for_each(|before| {
                let word = [&[*before], term.as_bytes()].concat();
                each_of_word(&word, BEHIND_NAME, Rule::Pair, add);
            }),
            word => each_of_word(word, BEHIND_NAME, Rule::Pair, add),
        };
    };
    let known = |part: &str| {
        part.len() > 3 && part != "pass" && audit_syntax::sensitive_terms().any(|term| term == part)
    };
    if term.split('_').any(known) {
        return;
    }
    for joint in ["_", "-", ""] {
        let word = term.replace('_', joint);
        // The bytes about the joint are rarer than those of one word.
        let from = first.len().saturating_sub(2);
        let part = word.as_bytes().get(from..).unwrap_or_default();
        let part = part.get(..part.len().min(5)).unwrap_or_default();
        let (at, gram) = rarest(part);
        add(gram, Rule::Pair, (from + at) as u8);
    }
}

/// The rarest four bytes of a word; a shorter word goes on with one of `followed`.
fn each_of_word(word: &[u8], followed: &[u8], rule: Rule, add: Add<'_>) {
    match word {
        [a, b, c] => followed.iter().for_each(|d| add([*a, *b, *c, *d], rule, 0)),
        [_, _] => followed.iter().for_each(|next| {
            each_of_word(&[word, &[*next]].concat(), followed, rule, add);
        }),
        _ => {
            let (at, gram) = rarest(word);
            add(gram, rule, at as u8);
        }
    }
}

/// The rarest four bytes of a word in texts, and where they stand.
fn rarest(word: &[u8]) -> (usize, [u8; 4]) {
    let grams = word.windows(4).map(|gram| gram.first_chunk().copied().unwrap_or_default());
    let rarity = |gram: &[u8; 4]| gram.iter().map(|byte| rarity_of(*byte)).sum::<usize>();
    grams.enumerate().max_by_key(|(_, gram)| rarity(gram)).unwrap_or_default()
}

/// Letters by their frequency in English; other signs are rare in names.
fn rarity_of(byte: u8) -> usize {
    let frequent = b"etaoinsrhldcumfpgwybvkxjqz";
    let byte = byte.to_ascii_lowercase();
    frequent.iter().position(|letter| *letter == byte).unwrap_or(20)
}

/// The first four signs of a number in base64: three digits take four of these.
fn each_of_discord(add: Add<'_>) {
    for first in *b"MNO" {
        for second in *b"DTjz" {
            for third in *b"AEIMQUYcgk" {
                for fourth in *b"wxyz012345" {
                    add([first, second, third, fourth], Rule::Discord, 0);
                }
            }
        }
    }
}
