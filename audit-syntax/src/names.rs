//! The name rule: which words of an identifier say that its value is a secret.

use std::ops::Range;
use std::sync::LazyLock;

use crate::terms::{ABOUT_FIRST, ABOUT_LAST, ALONE, HARMLESS, SENSITIVE, VALUE_LAST};

/// The term for which an identifier looks sensitive, in snake case, or none.
///
/// Whole words are compared, whatever the case and the separators: `userPassword`, `API-KEY`,
/// `apikey`, `cvv2` and `tokens` are found, `keyboard`, `opinion`, `trusted` and `oauth` are not.
/// A name that only speaks about a secret is not found: `token_count`, `has_password`.
///
/// ```
/// use audit_syntax::sensitive_part;
///
/// assert_eq!(sensitive_part("stripe_api_key"), Some("api_key"));
/// assert_eq!(sensitive_part("keyboard"), None);
/// ```
pub fn sensitive_part(name: &str) -> Option<&'static str> {
    let lowered = Lowered::of(name);
    let words = lowered.words();
    find(&words, |place| !is_about(&words, place))
}

/// The term for which the name of a number looks sensitive, in snake case, or none.
///
/// A number is no secret because its name begins with one, and several are counted, not held.
///
/// ```
/// use audit_syntax::{sensitive_part, sensitive_part_of_number};
///
/// assert_eq!(sensitive_part_of_number("pin"), Some("pin"));
/// assert_eq!(sensitive_part("invalid_tokens"), Some("token"));
/// assert_eq!(sensitive_part_of_number("invalid_tokens"), None);
/// ```
pub fn sensitive_part_of_number(name: &str) -> Option<&'static str> {
    let lowered = Lowered::of(name);
    let words = lowered.words();
    let is_value = |word: &&str| VALUE_LAST.contains(word);
    let is_singular = words.last().is_some_and(|word| !word.ends_with('s'));
    let is_held = |place: &Range<usize>| words.iter().skip(place.end).all(is_value) && is_singular;
    find(&words, |place| is_held(place) && !is_about(&words, place))
}

/// All terms that make a name sensitive, in snake case, for who looks for such names in a text.
pub fn sensitive_terms() -> impl Iterator<Item = &'static str> {
    SENSITIVE.iter().chain(ALONE).copied()
}

/// The first term of the list whose place in a name satisfies `is_meant`.
fn find(words: &[&str], is_meant: impl Fn(&Range<usize>) -> bool) -> Option<&'static str> {
    let places = places(words, &TERMS, same);
    let meant = places.filter(|(_, place)| is_meant(place) && !is_harmless(words, place));
    let alone = || ALONE.iter().find(|term| matches!(words, [word] if same(word, term)));
    let first = meant.map(|(number, _)| number).min().and_then(|number| SENSITIVE.get(number));
    first.or_else(alone).copied()
}

/// True if what stands at `place` belongs to a harmless term. The last word of a term says what
/// it is: `access_token` is an address in `access_token_url`.
fn is_harmless(words: &[&str], place: &Range<usize>) -> bool {
    let mut known = places(words, &HARMLESS_TERMS, |word, part| word == part);
    known.any(|(_, known)| known.start < place.end && place.end <= known.end)
}

/// True if a name speaks about the secret that stands at `place` in it.
fn is_about(words: &[&str], place: &Range<usize>) -> bool {
    let begins = words.first().is_some_and(|word| ABOUT_FIRST.contains(word));
    let behind = words.get(place.end..).unwrap_or_default();
    begins || behind.last().is_some_and(|word| ABOUT_LAST.contains(word))
}

/// Terms by the two letters that they begin with. A text may ask for a name at every few bytes, and
/// every field that is derived asks as well: nearly all terms are told apart by these letters.
struct Terms(Vec<Vec<Term>>);

const LETTERS: usize = 26;

struct Term {
    /// Its place in the list.
    number: usize,
    parts: Vec<&'static str>,
    joined: String,
}

static TERMS: LazyLock<Terms> = LazyLock::new(|| Terms::of(SENSITIVE));
static HARMLESS_TERMS: LazyLock<Terms> = LazyLock::new(|| Terms::of(HARMLESS));

impl Terms {
    fn of(list: &[&'static str]) -> Self {
        let mut terms = Self((0..LETTERS * LETTERS).map(|_| Vec::new()).collect());
        for (number, term) in list.iter().enumerate() {
            let parts: Vec<_> = term.split('_').collect();
            let term = Term { number, joined: parts.concat(), parts };
            let slot = slot_of(&term.joined).and_then(|slot| terms.0.get_mut(slot));
            if let Some(slot) = slot {
                slot.push(term);
            }
        }
        terms
    }

    /// The terms that a name may hold from this word on.
    fn from(&self, word: &str) -> &[Term] {
        slot_of(word).and_then(|slot| self.0.get(slot)).map_or(&[], Vec::as_slice)
    }
}

/// The slot of what begins with the same two letters, or none of a word that begins with another sign.
fn slot_of(word: &str) -> Option<usize> {
    let letter = |byte: u8| byte.is_ascii_lowercase().then(|| usize::from(byte - b'a'));
    let [first, second] = *word.as_bytes().first_chunk()?;
    Some(letter(first)? * LETTERS + letter(second)?)
}

/// Where the words of a term follow each other in `words`, or stand there as one word; each with the
/// term's number.
fn places(
    words: &[&str],
    terms: &'static Terms,
    equals: fn(&str, &str) -> bool,
) -> impl Iterator<Item = (usize, Range<usize>)> {
    words.iter().enumerate().flat_map(move |(at, word)| {
        terms.from(word).iter().filter_map(move |Term { number, parts, joined }| {
            let window = words.get(at..at + parts.len());
            let is_same =
                |window: &[&str]| window.iter().zip(parts).all(|(word, part)| equals(word, part));
            let length = match window.is_some_and(is_same) {
                true => parts.len(),
                false if equals(word, joined) => 1,
                false => return None,
            };
            Some((*number, at..at + length))
        })
    })
}

/// Compares a word with a term, numbered (`cvv2`) or in the plural (`tokens`).
fn same(word: &str, term: &str) -> bool {
    let unnumbered = word.trim_end_matches(|c: char| c.is_ascii_digit());
    unnumbered == term || unnumbered.strip_suffix('s') == Some(term)
}

/// The words of an identifier in lower case, split at separators and at the humps of camel case.
struct Lowered {
    text: String,
    /// Where each word ends, and the next one begins.
    ends: Vec<usize>,
}

impl Lowered {
    fn of(name: &str) -> Self {
        let name = name.strip_prefix("r#").unwrap_or(name);
        let mut lowered = Self { text: String::with_capacity(name.len()), ends: Vec::new() };
        let mut characters = name.chars().peekable();
        let mut before = None;
        while let Some(character) = characters.next() {
            if !character.is_alphanumeric() || is_hump(before, character, characters.peek()) {
                lowered.ends.push(lowered.text.len());
            }
            if character.is_ascii_alphanumeric() {
                lowered.text.push(character.to_ascii_lowercase());
            } else if character.is_alphanumeric() {
                lowered.text.extend(character.to_lowercase());
            }
            before = Some(character);
        }
        lowered.ends.push(lowered.text.len());
        lowered
    }

    fn words(&self) -> Vec<&str> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let words = starts.zip(&self.ends).filter_map(|(start, end)| self.text.get(start..*end));
        words.filter(|word| !word.is_empty()).collect()
    }
}

/// True if a word starts at a capital: `apiKey`, `APIKey`, but not within `API`.
fn is_hump(before: Option<char>, character: char, behind: Option<&char>) -> bool {
    let is_lower = |behind: &char| behind.is_lowercase();
    character.is_uppercase()
        && before.is_some_and(|before| !before.is_uppercase() || behind.is_some_and(is_lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asserts for each line `name => term`, or `name` alone for a harmless name.
    fn check(table: &str) {
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, term) = match line.split_once(" => ") {
                Some((name, term)) => (name, Some(term)),
                None => (line, None),
            };
            assert_eq!(sensitive_part(name), term, "{name}");
        }
    }

    #[test]
    fn secrets_are_found_in_every_spelling() {
        check(
            "password => password
             r#password => password
             userPassword => password
             PASSWORD_HASH => password
             old-passwd => passwd
             pwd => pwd
             pw => pw
             user_pw => pw
             pw_hash => pw
             pass_phrase => pass_phrase
             seedPassPhrase => pass_phrase
             token => token
             tokens => token
             csrf_token => token
             accesstoken => access_token
             Token => token
             jwt => jwt
             bearer => bearer
             credentials => credential
             private_key => private_key
             privateKey => private_key
             PrivateKeyPem => private_key
             APIKey => api_key
             api_key => api_key
             apikey => api_key
             apikeys => api_key
             stripe.api-key => api_key
             aws_secret_access_key => secret
             client_secret => secret
             authorization => authorization
             set_cookie => cookie
             session_id => session_id
             vault_secret_id => secret_id
             card_number => card_number
             cvv => cvv
             cvv2 => cvv
             pin => pin
             pin_code => pin
             otp => otp
             ssn => ssn
             database_url => database_url
             dsn => dsn
             sentryDsn => dsn
             pass => pass
             passkey => passkey
             auth_key => auth_key
             login_code => login_code
             sms_code => sms_code
             magic_link => magic_link
             iban => iban
             wrong_password => password
             InvalidToken => token
             unknown_token => token
             missing_secret => secret
             expired_jwt => jwt",
        );
    }

    #[test]
    fn words_that_only_contain_a_term_are_harmless() {
        check(
            "keyboard
             opinion
             spinner
             pinned
             shipping
             secretary
             tokenizer
             trusted
             mfa
             oauth
             author
             authorized
             public_key
             key
             session
             passenger
             compass
             render_pass
             pass_count
             power
             spw
             cooking
             description
             url
             user_name",
        );
    }

    #[test]
    fn names_about_a_secret_are_harmless() {
        check(
            "token_count
             token_type
             tokenCount
             max_tokens
             prompt_tokens
             total_tokens
             has_password
             is_secret
             password_changed_at
             password_len
             PASSWORD_LEN
             TokenError
             TokenExpired
             access_key_id
             token_id
             secret_name
             session_id_status
             cookie_policy
             pin_attempts",
        );
    }

    #[test]
    fn what_only_sounds_like_a_secret_is_harmless() {
        check(
            "next_token
             next_page_token
             nextPageToken
             client_request_token
             token_url
             pins
             gpio_pin_a
             pw_uid
             pw_shell
             auth_token_url
             next_tokens => token
             reset_password_url => password
             next_token_secret => secret",
        );
    }

    #[test]
    fn a_number_holds_a_secret_only_if_its_name_ends_with_one() {
        for name in ["pin", "user_pin", "pin_code", "card_number", "token", "wrong_pin", "cvv2"] {
            assert_eq!(sensitive_part_of_number(name), sensitive_part(name), "{name}");
            assert_ne!(sensitive_part(name), None, "{name}");
        }
        for name in ["tokens", "invalid_tokens", "password_reuse", "token_budget", "pin_wrong"] {
            assert_eq!(sensitive_part_of_number(name), None, "{name}");
        }
    }

    /// Terms are told apart by two letters before they are compared with a word.
    #[test]
    fn every_term_begins_with_two_letters() {
        for term in SENSITIVE.iter().chain(HARMLESS) {
            assert!(term.bytes().take(2).all(|byte| byte.is_ascii_lowercase()), "{term}");
        }
    }

    #[test]
    fn odd_names_are_no_trouble() {
        for name in ["", "_", "__", "0", "r#", "é", "ÄÖ", "🔑"] {
            assert_eq!(sensitive_part(name), None, "{name}");
        }
    }
}
