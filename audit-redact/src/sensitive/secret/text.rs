//! Secrets that are text: owned, shared out, or as the operating system has it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::mem;
use std::path::PathBuf;

use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroize;

use super::Secret;

impl Secret for str {
    fn wipe(&mut self) {
        self.zeroize();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_bytes().ct_eq(other.as_bytes())
    }
}

impl Secret for String {
    fn wipe(&mut self) {
        self.zeroize();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_str().same(other)
    }
}

/// Wipes text that is owned; what is borrowed belongs to somebody else and stays as it is.
impl<T: Secret + ToOwned<Owned: Secret> + ?Sized> Secret for Cow<'_, T> {
    fn wipe(&mut self) {
        if let Cow::Owned(owned) = self {
            owned.wipe();
        }
    }

    fn same(&self, other: &Self) -> Choice {
        (**self).same(other)
    }
}

impl Secret for OsString {
    fn wipe(&mut self) {
        mem::take(self).into_encoded_bytes().zeroize();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_encoded_bytes().ct_eq(other.as_encoded_bytes())
    }
}

impl Secret for PathBuf {
    fn wipe(&mut self) {
        mem::take(self).into_os_string().wipe();
    }

    fn same(&self, other: &Self) -> Choice {
        self.as_os_str().as_encoded_bytes().ct_eq(other.as_os_str().as_encoded_bytes())
    }
}
