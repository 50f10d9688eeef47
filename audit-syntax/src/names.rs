//! The name rule: which words of an identifier say that its value is a secret.

/// Terms that make a name sensitive; the words of one term follow each other in the name.
///
/// Credentials, keys and session values, connection strings (they carry passwords), payment
/// data and the social security number. Other personal data is not found by name.
const SENSITIVE: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "passkey",
    "pwd",
    "user_pass",
    "db_pass",
    "secret",
    "credential",
    "creds",
    "token",
    "access_token",
    "auth_token",
    "bearer_token",
    "refresh_token",
    "jwt",
    "bearer",
    "authorization",
    "cookie",
    "session_id",
    "session_key",
    "api_key",
    "auth_key",
    "access_key",
    "account_key",
    "client_secret",
    "encryption_key",
    "hmac_key",
    "master_key",
    "private_key",
    "secret_id",
    "secret_key",
    "shared_key",
    "signing_key",
    "ssh_key",
    "privkey",
    "mnemonic",
    "seed_phrase",
    "recovery_phrase",
    "recovery_code",
    "backup_code",
    "security_code",
    "auth_code",
    "login_code",
    "sms_code",
    "magic_link",
    "authorization_code",
    "reset_code",
    "verification_code",
    "mfa_code",
    "pin",
    "otp",
    "totp",
    "hotp",
    "database_url",
    "db_url",
    "redis_url",
    "connection_string",
    "dsn",
    "card_number",
    "credit_card",
    "cvc",
    "cvv",
    "iban",
    "ssn",
    "social_security",
];

/// Terms that are common parts of harmless names (`render_pass`), and sensitive as a whole name.
const ALONE: &[&str] = &["pass"];

/// First words of a name that speaks about a secret without holding it: `has_password`,
/// `max_tokens`.
const ABOUT_FIRST: &[&str] =
    &["is", "has", "needs", "requires", "max", "min", "num", "total", "prompt", "completion"];

/// First words that speak about a secret only where no text can be: `wrong_password: bool` tells
/// that it was wrong, `wrong_password: String` holds what the user typed.
const VERDICT_FIRST: &[&str] = &["invalid", "missing", "expired", "unknown", "wrong"];

/// Last words of a name that speaks about a secret without holding it: `token_count`,
/// `password_changed_at`, `access_key_id`.
const ABOUT_LAST: &[&str] = &[
    "age", "at", "attempts", "changed", "count", "enabled", "error", "expired", "expiry", "id",
    "invalid", "kind", "len", "length", "limit", "missing", "name", "policy", "required", "size",
    "state", "status", "ttl", "type", "valid", "version",
];

/// Terms that stay sensitive whatever stands around them, because their last word is only by
/// accident one of those above.
const ALWAYS: &[&str] = &["session_id", "secret_id"];

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
    let find = |terms: &[&'static str]| terms.iter().copied().find(|term| contains(&words, term));
    let alone = || ALONE.iter().copied().find(|term| matches!(&*words, [word] if same(word, term)));
    find(ALWAYS).or_else(|| find(SENSITIVE).or_else(alone).filter(|_| !is_about(&words)))
}

/// The term for which the name of a `bool` or a number looks sensitive, in snake case, or none.
///
/// ```
/// use audit_syntax::{sensitive_part, sensitive_part_of_number};
///
/// assert_eq!(sensitive_part("wrong_password"), Some("password"));
/// assert_eq!(sensitive_part_of_number("wrong_password"), None);
/// assert_eq!(sensitive_part_of_number("pin"), Some("pin"));
/// ```
pub fn sensitive_part_of_number(name: &str) -> Option<&'static str> {
    let tells = words(name).first().is_some_and(|word| VERDICT_FIRST.contains(&word.as_str()));
    sensitive_part(name).filter(|part| !tells || ALWAYS.contains(part))
}

fn is_about(words: &[String]) -> bool {
    let named = |word: Option<&String>, list: &[&str]| {
        word.is_some_and(|word| list.contains(&word.as_str()))
    };
    named(words.first(), ABOUT_FIRST) || named(words.last(), ABOUT_LAST)
}

/// True if the words of `term` follow each other in `words`, or stand there as one word.
fn contains(words: &[String], term: &str) -> bool {
    let parts: Vec<&str> = term.split('_').collect();
    let joined = parts.concat();
    let in_sequence = |window: &[String]| window.iter().zip(&parts).all(|(w, p)| same(w, p));
    words.windows(parts.len()).any(in_sequence) || words.iter().any(|word| same(word, &joined))
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
             session_id_status => session_id
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
             cookie_policy
             pin_attempts",
        );
    }

    #[test]
    fn a_verdict_on_a_secret_is_harmless_where_no_text_can_be() {
        for verdict in VERDICT_FIRST {
            let name = format!("{verdict}_tokens");
            assert_eq!(sensitive_part(&name), Some("token"));
            assert_eq!(sensitive_part_of_number(&name), None);
        }
        assert_eq!(sensitive_part_of_number("unknown_session_id"), Some("session_id"));
        assert_eq!(sensitive_part_of_number("token"), Some("token"));
        assert_eq!(sensitive_part_of_number("pin_wrong"), Some("pin"));
    }

    #[test]
    fn odd_names_are_no_trouble() {
        for name in ["", "_", "__", "0", "r#", "é", "ÄÖ", "🔑"] {
            assert_eq!(sensitive_part(name), None, "{name}");
        }
    }
}
