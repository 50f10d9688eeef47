//! What each policy may tell, said once more and without the code that is tried.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use audit_runtime::redact::{REDACTED, Redactor};

/// What of a piece of text a field may show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kept {
    Nothing,
    Ends {
        first: usize,
        last: usize,
        min: usize,
    },
    Card,
    Email,
    Network,
    Alias(&'static str),
    Sealed,
    /// What the user's own function makes of it.
    Counted,
}

impl Kept {
    /// True if the policy may write `text`, given all `pieces` of the value.
    pub(crate) fn allows(self, text: &str, pieces: &[Vec<u8>], redactor: &Redactor) -> bool {
        // From the second entry on a key has its number.
        let bare = text.rsplit_once(" #").map_or(text, |(bare, _)| bare);
        let is_written = |masked: String| masked == text || masked == bare;
        match self {
            _ if bare == REDACTED => true,
            Self::Nothing | Self::Counted => false,
            Self::Alias(domain) => pieces
                .iter()
                .any(|piece| redactor.pseudonym(domain, piece).as_deref() == Some(text)),
            Self::Sealed => redactor.open(text).is_ok_and(|opened| pieces.contains(&opened)),
            _ => {
                let mut texts = pieces.iter().filter_map(|piece| std::str::from_utf8(piece).ok());
                texts.any(|piece| self.masked(piece).is_some_and(is_written))
            }
        }
    }

    fn masked(self, piece: &str) -> Option<String> {
        let letters: Vec<char> = piece.chars().collect();
        match self {
            Self::Ends { first, last, min } => (letters.len() >= min).then(|| {
                let before: String = letters.iter().take(first).collect();
                let after: String = letters.iter().skip(letters.len() - last).collect();
                format!("{before}****{after}")
            }),
            Self::Card => {
                let digits = piece.replace([' ', '-'], "");
                let is_card = (12..=19).contains(&digits.len())
                    && digits.bytes().all(|digit| digit.is_ascii_digit());
                is_card.then(|| format!("****{}", &digits[digits.len() - 4..]))
            }
            Self::Email => {
                let (mailbox, host) = piece.split_once('@')?;
                let is_host =
                    |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
                let shown = if mailbox.chars().count() < 5 { 0 } else { 1 };
                let first: String = mailbox.chars().take(shown).collect();
                host.bytes().all(is_host).then(|| format!("{first}****@{host}"))
            }
            Self::Network => Some(match piece.parse::<IpAddr>().ok()?.to_canonical() {
                IpAddr::V4(address) => {
                    format!("{}/24", Ipv4Addr::from(u32::from(address) >> 8 << 8))
                }
                IpAddr::V6(address) => {
                    format!("{}/48", Ipv6Addr::from(u128::from(address) >> 80 << 80))
                }
            }),
            _ => None,
        }
    }
}
