//! The name rule: which words of an identifier say that its value is a secret.

use std::ops::Range;

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
    let words = words(name);
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
    let words = words(name);
    let is_value = |word: &String| VALUE_LAST.contains(&word.as_str());
    let is_singular = words.last().is_some_and(|word| !word.ends_with('s'));
    let is_held = |place: &Range<usize>| words.iter().skip(place.end).all(is_value) && is_singular;
    find(&words, |place| is_held(place) && !is_about(&words, place))
}

/// All terms that make a name sensitive, in snake case, for who looks for such names in a text.
pub fn sensitive_terms() -> impl Iterator<Item = &'static str> {
    SENSITIVE.iter().chain(ALONE).copied()
}

/// The first term of the list whose place in a name satisfies `is_meant`.
fn find(words: &[String], is_meant: impl Fn(&Range<usize>) -> bool) -> Option<&'static str> {
    // Every field that is derived asks for every term: nearly all are told apart by two letters.
    let begin = |text: &str| text.as_bytes().first_chunk::<2>().copied();
    let begins: Vec<[u8; 2]> = words.iter().filter_map(|word| begin(word)).collect();
    let is_possible = |term: &&&'static str| begin(term).is_some_and(|term| begins.contains(&term));
    let is_sensitive = |term: &&&'static str| {
        let mut places = places(words, term, same);
        places.any(|place| is_meant(&place) && !is_harmless(words, &place))
    };
    let alone = || ALONE.iter().find(|term| matches!(words, [word] if same(word, term)));
    SENSITIVE.iter().filter(is_possible).find(is_sensitive).or_else(alone).copied()
}

/// True if what stands at `place` belongs to a harmless term. The last word of a term says what
/// it is: `access_token` is an address in `access_token_url`.
fn is_harmless(words: &[String], place: &Range<usize>) -> bool {
    let mut known = HARMLESS.iter().flat_map(|term| places(words, term, |word, part| word == part));
    known.any(|known| known.start < place.end && place.end <= known.end)
}

/// True if a name speaks about the secret that stands at `place` in it.
fn is_about(words: &[String], place: &Range<usize>) -> bool {
    let begins = words.first().is_some_and(|word| ABOUT_FIRST.contains(&word.as_str()));
    let behind = words.get(place.end..).unwrap_or_default();
    begins || behind.last().is_some_and(|word| ABOUT_LAST.contains(&word.as_str()))
}

/// Where the words of `term` follow each other in `words`, or stand there as one word.
fn places(
    words: &[String],
    term: &'static str,
    equals: fn(&str, &str) -> bool,
) -> impl Iterator<Item = Range<usize>> {
    words.iter().enumerate().filter_map(move |(at, word)| {
        let parts: Vec<&str> = term.split('_').collect();
        let follows = || {
            let window = words.get(at..at + parts.len())?;
            let is_same = window.iter().zip(&parts).all(|(word, part)| equals(word, part));
            is_same.then_some(parts.len())
        };
        let is_joined = || equals(word, &parts.concat()).then_some(1);
        follows().or_else(is_joined).map(|length| at..at + length)
    })
}

/// Compares a word with a term, numbered (`cvv2`) or in the plural (`tokens`).
fn same(word: &str, term: &str) -> bool {
    let unnumbered = word.trim_end_matches(|c: char| c.is_ascii_digit());
    unnumbered == term || unnumbered.strip_suffix('s') == Some(term)
}

/// Splits an identifier at separators and at the humps of camel case, in lower case.
fn words(name: &str) -> Vec<String> {
    let name = name.strip_prefix("r#").unwrap_or(name);
    let characters: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (at, &character) in characters.iter().enumerate() {
        if !character.is_alphanumeric() || is_hump(&characters, at) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// True if a word starts at the capital `at`: `apiKey`, `APIKey`, but not within `API`.
fn is_hump(characters: &[char], at: usize) -> bool {
    let is_upper = |at: usize| characters.get(at).is_some_and(|c| c.is_uppercase());
    let is_lower = |at: usize| characters.get(at).is_some_and(|c| c.is_lowercase());
    at > 0 && is_upper(at) && (!is_upper(at - 1) || is_lower(at + 1))
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
        for term in SENSITIVE {
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
