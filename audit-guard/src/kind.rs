//! The kinds of secrets that are found, their marks, and the account of what was caught.

use std::fmt;

/// What a secret was found to be. Its mark in the text is `[REDACTED:` and its name and `]`; a tag may stand
/// before the bracket, behind a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The number of a payment card: an issuer's prefix and length, and the Luhn digit.
    Card,
    /// A social security or taxpayer number of the United States, in ranges that are given out.
    Ssn,
    /// A bank account: a country's length, and the check digits of ISO 7064.
    Iban,
    /// A number that a state gave to a person, in a shape or with a check digit that tells it, or behind its name.
    PersonalNumber,
    /// A phone number in international form, or behind a word that says so.
    Phone,
    /// The value that stands behind a name that looks sensitive: `password=…`.
    Secret,
    /// The credentials of an `Authorization: Bearer` header.
    Bearer,
    /// The user and password of an `Authorization: Basic` header or of `curl --user`.
    Basic,
    /// A JSON Web Token (RFC 7519).
    Jwt,
    /// A private key in the text form of RFC 7468, RFC 4880 or OpenSSH.
    PrivateKey,
    /// The password in the authority of a URL (RFC 3986, section 3.2.1).
    UrlPassword,
    /// A key or token whose form its issuer has published: a prefix, a length, an alphabet.
    Token,
    /// A secret that the program holds and has the guard [watch](crate::watch).
    Live,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 13] = [
        Self::Card,
        Self::Ssn,
        Self::Iban,
        Self::PersonalNumber,
        Self::Phone,
        Self::Secret,
        Self::Bearer,
        Self::Basic,
        Self::Jwt,
        Self::PrivateKey,
        Self::UrlPassword,
        Self::Token,
        Self::Live,
    ];

    /// The name in the mark and in records, such as `url_password`.
    pub const fn as_str(self) -> &'static str {
        let mark = self.mark();
        // A mark is its name between brackets.
        let (_, name) = mark.split_at(MARK_BEGIN.len());
        name.split_at(name.len() - 1).0
    }

    /// What stands in the text in place of a secret of this kind.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Card => "[REDACTED:card]",
            Self::Ssn => "[REDACTED:ssn]",
            Self::Iban => "[REDACTED:iban]",
            Self::PersonalNumber => "[REDACTED:personal_number]",
            Self::Phone => "[REDACTED:phone]",
            Self::Secret => "[REDACTED:secret]",
            Self::Bearer => "[REDACTED:bearer]",
            Self::Basic => "[REDACTED:basic]",
            Self::Jwt => "[REDACTED:jwt]",
            Self::PrivateKey => "[REDACTED:private_key]",
            Self::UrlPassword => "[REDACTED:url_password]",
            Self::Token => "[REDACTED:token]",
            Self::Live => "[REDACTED:live]",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How every mark begins.
pub(crate) const MARK_BEGIN: &str = "[REDACTED:";

/// A key's id, a colon, and 128 bits in base64.
pub(crate) const TAG_BYTES: usize = KEY_ID_BYTES + 1 + 22;
const KEY_ID_BYTES: usize = 8;

/// No mark is longer.
pub(crate) const MARK_BYTES_MAX: usize = Kind::PersonalNumber.mark().len() + 1 + TAG_BYTES;

/// The length of the mark that a text begins with. What only begins like one is text as any other.
pub(crate) fn mark_at(text: &[u8]) -> Option<usize> {
    let named = text.strip_prefix(MARK_BEGIN.as_bytes())?;
    let behind_name = Kind::ALL.into_iter().find_map(|kind| {
        named
            .strip_prefix(kind.as_str().as_bytes())
            .filter(|rest| matches!(rest, [b']' | b':', ..]))
    })?;
    let end = match behind_name.split_first_chunk() {
        Some(([b':'], rest)) => is_tag(rest.get(..TAG_BYTES)?).then(|| rest.get(TAG_BYTES..))??,
        _ => behind_name,
    };
    (end.first() == Some(&b']')).then(|| text.len() - end.len() + 1)
}

/// True if a text is a keyed hash as records write them.
pub(crate) fn is_tag(text: &[u8]) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() == TAG_BYTES
        && text.iter().take(KEY_ID_BYTES).all(is_hex)
        && text.get(KEY_ID_BYTES) == Some(&b':')
        && text.iter().skip(KEY_ID_BYTES + 1).all(is_base64)
}

/// How many secrets of each kind were replaced. It never holds what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught([u32; Kind::ALL.len()]);

impl Caught {
    /// Nothing.
    #[inline]
    pub const fn nothing() -> Self {
        Self([0; Kind::ALL.len()])
    }

    /// True if nothing was replaced.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|number| *number == 0)
    }

    /// How many of `kind` were replaced.
    pub fn of(&self, kind: Kind) -> u32 {
        self.0.get(kind as usize).copied().unwrap_or_default()
    }

    /// The kinds that were replaced, each with its number.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u32)> {
        let all = Kind::ALL.into_iter().zip(self.0);
        all.filter(|(_, number)| *number > 0)
    }

    /// Adds what was caught elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(other.0) {
            *own = own.saturating_add(more);
        }
    }

    pub(crate) fn count(&mut self, kind: Kind) {
        if let Some(number) = self.0.get_mut(kind as usize) {
            *number = number.saturating_add(1);
        }
    }
}
