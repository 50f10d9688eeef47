//! A serializer that writes what `Debug` would, so that there is one redacted form and not two.

use std::fmt::{self, DebugList, DebugMap, DebugStruct, DebugTuple, Display, Formatter, Write};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Stands for a part whose own `Serialize` failed.
const UNSERIALIZABLE: &str = "[unserializable]";

/// Prints the serialized form of a value in the way of `Debug`.
pub(crate) struct AsDebug<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Serialize + ?Sized> fmt::Debug for AsDebug<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0.serialize(DebugSerializer(&mut *f)) {
            Ok(()) => Ok(()),
            Err(Error::Write) => Err(fmt::Error),
            // An error from `fmt` would make `format!` panic.
            Err(Error::Value) => f.write_str(UNSERIALIZABLE),
        }
    }
}

/// Why nothing could be written; the text of a value's own error may repeat the value and is dropped.
#[derive(Debug)]
pub(crate) enum Error {
    Write,
    Value,
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "the formatter refused the text",
            Self::Value => "the value could not be serialized",
        })
    }
}

impl std::error::Error for Error {}

impl ser::Error for Error {
    fn custom<T: Display>(_message: T) -> Self {
        Self::Value
    }
}

impl From<fmt::Error> for Error {
    fn from(_: fmt::Error) -> Self {
        Self::Write
    }
}

type Written = Result<(), Error>;

struct DebugSerializer<'a, 'f>(&'a mut Formatter<'f>);

/// Scalars print as their own `Debug` does.
macro_rules! scalars {
    ($($method:ident: $scalar:ty),* $(,)?) => {$(
        fn $method(self, value: $scalar) -> Written {
            Ok(fmt::Debug::fmt(&value, self.0)?)
        }
    )*};
}

impl<'a, 'f> Serializer for DebugSerializer<'a, 'f> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a, 'f>;
    type SerializeTuple = Tuple<'a, 'f>;
    type SerializeTupleStruct = Tuple<'a, 'f>;
    type SerializeTupleVariant = Tuple<'a, 'f>;
    type SerializeMap = Map<'a, 'f>;
    type SerializeStruct = Struct<'a, 'f>;
    type SerializeStructVariant = Struct<'a, 'f>;

    scalars! {
        serialize_bool: bool,
        serialize_i8: i8,
        serialize_i16: i16,
        serialize_i32: i32,
        serialize_i64: i64,
        serialize_i128: i128,
        serialize_u8: u8,
        serialize_u16: u16,
        serialize_u32: u32,
        serialize_u64: u64,
        serialize_u128: u128,
        serialize_f32: f32,
        serialize_f64: f64,
        serialize_char: char,
        serialize_str: &str,
        serialize_bytes: &[u8],
    }

    fn serialize_none(self) -> Written {
        Ok(self.0.write_str("None")?)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.serialize_newtype_struct("Some", value)
    }

    fn serialize_unit(self) -> Written {
        Ok(self.0.write_str("()")?)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Written {
        Ok(self.0.write_str(name)?)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(self.0.write_str(variant)?)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Written {
        Ok(self.0.debug_tuple(name).field(&AsDebug(value)).finish()?)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.serialize_newtype_struct(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
        Ok(List(self.0.debug_list()))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        Ok(Tuple(self.0.debug_tuple("")))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Tuple<'a, 'f>, Error> {
        Ok(Tuple(self.0.debug_tuple(name)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Tuple<'a, 'f>, Error> {
        Ok(Tuple(self.0.debug_tuple(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        Ok(Map(self.0.debug_map()))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct<'a, 'f>, Error> {
        Ok(Struct(self.0.debug_struct(name)))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Struct<'a, 'f>, Error> {
        Ok(Struct(self.0.debug_struct(variant)))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Written {
        self.0.write_char('"')?;
        let mut text = Escaped { f: &mut *self.0, has_failed: false };
        let written = write!(text, "{value}");
        let has_failed = text.has_failed;
        self.0.write_char('"')?;
        match written {
            Err(_) if has_failed => Err(Error::Write),
            // Its `Display` gave up, maybe after a part of the text.
            Err(_) => Err(Error::Value),
            Ok(()) => Ok(()),
        }
    }
}

/// Escapes text as the `Debug` of strings does, so that it cannot pass for structure.
struct Escaped<'a, 'f> {
    f: &'a mut Formatter<'f>,
    has_failed: bool,
}

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let written = text.split_inclusive(is_escaped).try_for_each(|part| {
            let plain = part.trim_end_matches(is_escaped);
            self.f.write_str(plain)?;
            let mut escaped = part[plain.len()..].chars().flat_map(char::escape_debug);
            escaped.try_for_each(|c| self.f.write_char(c))
        });
        self.has_failed |= written.is_err();
        written
    }
}

fn is_escaped(c: char) -> bool {
    c != '\'' && c.escape_debug().len() != 1
}

struct List<'a, 'f>(DebugList<'a, 'f>);
struct Tuple<'a, 'f>(DebugTuple<'a, 'f>);
struct Struct<'a, 'f>(DebugStruct<'a, 'f>);
struct Map<'a, 'f>(DebugMap<'a, 'f>);

impl SerializeSeq for List<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.0.entry(&AsDebug(value));
        Ok(())
    }

    fn end(mut self) -> Written {
        Ok(self.0.finish()?)
    }
}

/// The three tuple-like and two struct-like traits of serde differ in their names only.
macro_rules! parts {
    ($($part:ident for $writer:ident: $method:ident($($key:ident)?)),* $(,)?) => {$(
        impl $part for $writer<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                value: &T,
            ) -> Written {
                self.0.field($($key,)? &AsDebug(value));
                Ok(())
            }

            fn end(mut self) -> Written {
                Ok(self.0.finish()?)
            }
        }
    )*};
}

parts! {
    SerializeTuple for Tuple: serialize_element(),
    SerializeTupleStruct for Tuple: serialize_field(),
    SerializeTupleVariant for Tuple: serialize_field(),
    SerializeStruct for Struct: serialize_field(key),
    SerializeStructVariant for Struct: serialize_field(key),
}

impl SerializeMap for Map<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.0.key(&AsDebug(key));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.0.value(&AsDebug(value));
        Ok(())
    }

    fn end(mut self) -> Written {
        Ok(self.0.finish()?)
    }
}
