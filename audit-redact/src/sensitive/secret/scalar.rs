//! Secrets that are numbers, booleans, characters, times and addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
};
use std::time::{Duration, SystemTime};

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::{Secret, numbers};

macro_rules! wiped {
    ($($number:ty: $bytes:expr),* $(,)?) => {$(
        impl Secret for $number {
            fn wipe(&mut self) {
                self.zeroize();
            }

            fn same(&self, other: &Self) -> Choice {
                let bytes = $bytes;
                bytes(*self).as_slice().ct_eq(bytes(*other).as_slice())
            }
        }
    )*};
}

wiped! {
    u8: u8::to_ne_bytes, u16: u16::to_ne_bytes, u32: u32::to_ne_bytes,
    u64: u64::to_ne_bytes, u128: u128::to_ne_bytes, usize: usize::to_ne_bytes,
    i8: i8::to_ne_bytes, i16: i16::to_ne_bytes, i32: i32::to_ne_bytes,
    i64: i64::to_ne_bytes, i128: i128::to_ne_bytes, isize: isize::to_ne_bytes,
    bool: |value: bool| [u8::from(value)],
    char: |value: char| u32::from(value).to_ne_bytes(),
    // Bit for bit: a secret NaN is itself, and the two zeros differ.
    f32: f32::to_ne_bytes, f64: f64::to_ne_bytes,
}

macro_rules! never_zero {
    ($($number:ty),* $(,)?) => {$(
        /// Wiped to one, for want of a zero.
        impl Secret for $number {
            fn wipe(&mut self) {
                self.zeroize();
            }

            fn same(&self, other: &Self) -> Choice {
                self.get().same(&other.get())
            }
        }
    )*};
}

never_zero! {
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize,
    NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize,
}

numbers! {
    Duration: Self::ZERO,
    SystemTime: Self::UNIX_EPOCH,
    Ipv4Addr: Self::UNSPECIFIED,
    Ipv6Addr: Self::UNSPECIFIED,
    // The longer of the two, so that all bytes of either are written over.
    IpAddr: Self::V6(Ipv6Addr::UNSPECIFIED),
}

impl Secret for () {
    fn wipe(&mut self) {}

    fn same(&self, _: &Self) -> Choice {
        Choice::from(1)
    }
}
