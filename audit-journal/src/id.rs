//! The identity of an event: a version 7 UUID, made without a system call for each one.

use std::cell::RefCell;
use std::fmt;

use uuid::Uuid;

use crate::time::Timestamp;

/// How many random bytes a thread draws at once.
const POOL_BYTES: usize = 1000;
/// How many of them one id takes.
const ID_BYTES: usize = 10;

/// Identifies one event for ever: a UUID of version 7 (RFC 9562, section 5.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Uuid);

impl EventId {
    /// A new id: 48 bits of Unix milliseconds, then 74 random bits.
    pub fn new(time: Timestamp) -> Self {
        let millis = u64::try_from(time.unix_nanos() / 1_000_000).unwrap_or(0);
        let random = random_bytes();
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// The nil id, for frozen examples.
    pub const fn nil() -> Self {
        Self(Uuid::nil())
    }

    /// Takes 128 bits as they are.
    pub const fn from_u128(bits: u128) -> Self {
        Self(Uuid::from_u128(bits))
    }

    /// Reads the hyphenated form in small letters, and only that form: an id that is searched for as
    /// text stands in a line as it is.
    pub fn parse(text: &str) -> Option<Self> {
        let is_small = text.len() == 36 && !text.bytes().any(|byte| byte.is_ascii_uppercase());
        Uuid::try_parse(text).ok().filter(|_| is_small).map(Self)
    }

    /// Writes the hyphenated form into `room`, and returns it.
    pub fn encode(self, room: &mut [u8; 36]) -> &str {
        self.0.hyphenated().encode_lower(room)
    }

    /// Appends the 36 bytes of the hyphenated form.
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.encode(&mut [0; 36]).as_bytes());
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Random bytes drawn ahead: one system call for a hundred ids.
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const {
        RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES })
    };
}

fn random_bytes() -> [u8; ID_BYTES] {
    POOL.with_borrow_mut(|pool| {
        if pool.used + ID_BYTES > POOL_BYTES {
            // An id must never be a reason not to record, so a system without random bytes
            // gets ids that are distinct, if not unpredictable.
            if getrandom::fill(&mut pool.bytes).is_err() {
                stir(&mut pool.bytes);
            }
            pool.used = 0;
        }
        let mut taken = [0; ID_BYTES];
        taken.copy_from_slice(&pool.bytes[pool.used..pool.used + ID_BYTES]);
        pool.used += ID_BYTES;
        taken
    })
}

/// Replaces the pool by hashes of itself and of the clock, when the system has no random bytes.
fn stir(bytes: &mut [u8; POOL_BYTES]) {
    let now = Timestamp::now().unix_nanos().to_le_bytes();
    let thread = format!("{:?}", std::thread::current().id());
    let mut last = crate::digest::Digest::of_parts(&[bytes.as_slice(), &now, thread.as_bytes()]);
    for chunk in bytes.chunks_mut(32) {
        last = crate::digest::Digest::of(last.as_bytes());
        chunk.copy_from_slice(&last.as_bytes()[..chunk.len()]);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_version_7_distinct_and_carry_their_time() {
        let time = Timestamp::from_unix_nanos(1_767_225_599_123_456_789);
        let ids: HashSet<_> = (0..10_000).map(|_| EventId::new(time)).collect();
        assert_eq!(ids.len(), 10_000);
        for id in ids {
            assert_eq!(id.0.get_version_num(), 7);
            assert_eq!((id.0.as_u128() >> 80) as u64, 1_767_225_599_123);
        }
    }

    #[test]
    fn text_reads_back() {
        let id = EventId::new(Timestamp::now());
        let mut written = Vec::new();
        id.write(&mut written);
        assert_eq!(written, id.to_string().as_bytes());
        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        let other_forms = [id.to_string().to_uppercase(), id.0.simple().to_string()];
        for other in other_forms.iter().map(String::as_str).chain(["nonsense"]) {
            assert_eq!(EventId::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_stirred_pool_does_not_repeat() {
        let mut pool = [0; POOL_BYTES];
        stir(&mut pool);
        let first: HashSet<_> = pool.chunks(ID_BYTES).map(<[u8]>::to_vec).collect();
        stir(&mut pool);
        assert!(pool.chunks(ID_BYTES).all(|id| !first.contains(id)));
        assert_eq!(first.len(), POOL_BYTES / ID_BYTES);
    }
}
