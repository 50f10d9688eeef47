//! Rules for types around one value: references, smart pointers, `Option`, `Result`.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::num::{Saturating, Wrapping};
use std::rc::Rc;
use std::sync::Arc;

use serde::Serializer;

use crate::{Element, HiddenPaths, MapKey, Redact, Redaction};

/// Pointers, which are written as what they point to.
macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<T: Redact + ?Sized> Redact for $pointer {
            fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                (**self).redact(serializer, how)
            }

            fn hidden(report: &mut HiddenPaths) {
                T::hidden(report);
            }
        }
        impl<T: Element + ?Sized> Element for $pointer {}
        impl<T: MapKey + ?Sized> MapKey for $pointer {}
    )*};
}

pointers! { &T, &mut T, Box<T>, Rc<T>, Arc<T> }

impl<T: Redact + ToOwned + ?Sized> Redact for Cow<'_, T> {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        (**self).redact(serializer, how)
    }

    fn hidden(report: &mut HiddenPaths) {
        T::hidden(report);
    }
}

impl<T: Element + ToOwned + ?Sized> Element for Cow<'_, T> {}

impl<T: Redact> Redact for Option<T> {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => serializer.serialize_some(&value.redacted_with(how)),
            None => serializer.serialize_none(),
        }
    }

    fn hidden(report: &mut HiddenPaths) {
        T::hidden(report);
    }
}

impl<T: Element> Element for Option<T> {}

impl<T: Redact, E: Redact> Redact for Result<T, E> {
    fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        match self {
            Ok(value) => {
                serializer.serialize_newtype_variant("Result", 0, "Ok", &value.redacted_with(how))
            }
            Err(error) => {
                serializer.serialize_newtype_variant("Result", 1, "Err", &error.redacted_with(how))
            }
        }
    }

    fn hidden(report: &mut HiddenPaths) {
        report.part::<T>("Ok");
        report.part::<E>("Err");
    }
}

impl<T: Element, E: Element> Element for Result<T, E> {}

macro_rules! numbers {
    ($($number:ident),* $(,)?) => {$(
        impl<T: Redact> Redact for $number<T> {
            fn redact<S: Serializer>(&self, serializer: S, how: Redaction<'_>) -> Result<S::Ok, S::Error> {
                self.0.redact(serializer, how)
            }

            fn hidden(report: &mut HiddenPaths) {
                T::hidden(report);
            }
        }
        impl<T: Element> Element for $number<T> {}
    )*};
}

numbers! { Wrapping, Saturating }

impl<T: ?Sized> Redact for PhantomData<T> {
    fn redact<S: Serializer>(&self, serializer: S, _how: Redaction<'_>) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_struct("PhantomData")
    }
}

impl<T: ?Sized> Element for PhantomData<T> {}
