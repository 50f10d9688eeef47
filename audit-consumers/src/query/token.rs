//! Where the next page of a query begins: an opaque word that a caller hands back.

use std::fmt;
use std::str::FromStr;

use audit_runtime::{Digest, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::asking::Order;

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 32;
/// Version, order, four numbers, the hash of the query, that of the anchor, and a sum of all.
const BYTES: usize = 2 + 4 * 8 + QUERY_BYTES + DIGEST_BYTES + SUM_BYTES;
const QUERY_BYTES: usize = 16;
const SUM_BYTES: usize = 6;

/// Where the next page begins, and what the first page has seen: the same query on the same journal
/// goes on there, whatever was appended since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    pub(super) order: Order,
    /// The hash of the query's text.
    pub(super) query: [u8; QUERY_BYTES],
    /// When the first page was asked for: what `last 24h` means.
    pub(super) now: Timestamp,
    /// The record that was shown last.
    pub(super) last: u64,
    /// The first number that the first page has not seen.
    pub(super) end: u64,
    /// The segment that the record is in, and the hash of its first line, which stands for all before.
    pub(super) anchor: (u64, Digest),
}

/// A text that is no token, or one of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidToken;

/// What stands for a query in a token.
pub(super) fn query_hash(text: &str) -> [u8; QUERY_BYTES] {
    first(&Sha256::digest(text.as_bytes()))
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    std::array::from_fn(|place| bytes.get(place).copied().unwrap_or_default())
}

impl fmt::Display for PageToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION, u8::from(self.order == Order::OldestFirst)];
        bytes.extend(self.query);
        bytes.extend(self.now.unix_nanos().to_be_bytes());
        for number in [self.last, self.end, self.anchor.0] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(self.anchor.1.as_bytes());
        let sum: [u8; SUM_BYTES] = first(&Sha256::digest(&bytes));
        bytes.extend(sum);
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for PageToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidToken)?;
        let (signed, sum) = bytes.split_at_checked(BYTES - SUM_BYTES).ok_or(InvalidToken)?;
        let expected: [u8; SUM_BYTES] = first(&Sha256::digest(signed));
        let (head, rest) = signed.split_at(2);
        if sum != expected || head[0] != VERSION {
            return Err(InvalidToken);
        }
        let (query, rest) = rest.split_at(QUERY_BYTES);
        let (numbers, anchor) = rest.split_at(4 * 8);
        let number = |place: usize| u64::from_be_bytes(first(&numbers[8 * place..]));
        let hash = Digest::parse(&URL_SAFE_NO_PAD.encode(anchor)).ok_or(InvalidToken)?;
        Ok(Self {
            order: if head[1] == 1 { Order::OldestFirst } else { Order::NewestFirst },
            query: first(query),
            now: Timestamp::from_unix_nanos(number(0).cast_signed()),
            last: number(1),
            end: number(2),
            anchor: (number(3), hash),
        })
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this is no token of a page: copy it whole from where the page before ended")
    }
}

impl std::error::Error for InvalidToken {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_and_a_mistyped_one_does_not() {
        let token = PageToken {
            order: Order::OldestFirst,
            query: query_hash("actor=a"),
            now: Timestamp::from_unix_nanos(-5),
            last: 7,
            end: u64::MAX,
            anchor: (3, Digest::of(b"line")),
        };
        let text = token.to_string();
        assert_eq!(text.parse(), Ok(token));
        for at in 0..text.len() {
            let mut wrong = text.clone();
            let other = if &wrong[at..=at] == "A" { "B" } else { "A" };
            wrong.replace_range(at..=at, other);
            assert_eq!(wrong.parse::<PageToken>(), Err(InvalidToken), "{at}");
        }
        assert_eq!(text[1..].parse::<PageToken>(), Err(InvalidToken));
        assert_eq!("".parse::<PageToken>(), Err(InvalidToken));
    }
}
