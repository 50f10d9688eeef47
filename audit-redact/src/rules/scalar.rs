//! Rules for numbers, booleans, characters, times, addresses and our own ids.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::{Duration, SystemTime};

use audit_journal::{Digest, EventId, Timestamp};
use serde::Serializer;

use super::{compared, mark, shown, shown_as_text};
use crate::{Element, Plain, Redact, Redaction};

shown! {
    (), bool, char, f32, f64,
    i8, i16, i32, i64, i128, isize,
    u8, u16, u32, u64, u128, usize,
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
}

compared! {
    (), bool, char,
    i8, i16, i32, i64, i128, isize,
    u8, u16, u32, u64, u128, usize,
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6,
    Timestamp, Digest, EventId, Duration, SystemTime,
}

// A list of `u8`, `i8` or `char` is free text: these have a rule and are no `Element`.
mark! { Element:
    (), bool, f32, f64,
    i16, i32, i64, i128, isize,
    u16, u32, u64, u128, usize,
    NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
}

mark! { MapKey:
    bool, char,
    i8, i16, i32, i64, i128, isize,
    u8, u16, u32, u64, u128, usize,
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
}

shown_as_text! {
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6,
    Timestamp, Digest, EventId,
}

mark! { MapKey:
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6,
    Timestamp, Digest, EventId,
}

/// Written as an ISO 8601 duration in seconds, exact to the nanosecond: `PT1.5S`.
impl Redact for Duration {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        let fraction = format!("{:09}", self.subsec_nanos());
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        serializer.collect_str(&format_args!("PT{}{point}{fraction}S", self.as_secs()))
    }
}

impl Element for Duration {}

impl Plain for Duration {}

/// Written in the form of [`Timestamp`]; times outside its range as the end they lie beyond.
impl Redact for SystemTime {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        Timestamp::from(*self).redact(serializer, how)
    }
}

impl Element for SystemTime {}

impl Plain for SystemTime {}
