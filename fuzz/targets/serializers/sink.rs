//! A serializer that keeps what it is told, and fails at the call that it is asked to fail at.

use std::fmt::{self, Display, Write as _};

use serde::ser::{self, Error as _, Serialize, Serializer};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    /// Of a field or a variant.
    Name(String),
    Text(String),
    /// Anything else than a text that tells something.
    Clear(String),
    Nothing,
    Open,
    Close,
}

pub(crate) struct Sink {
    told: Vec<Told>,
    calls_left: usize,
    is_human_readable: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Refused(String);

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

type Outcome = Result<(), Refused>;

impl Sink {
    pub(crate) fn new(calls_max: usize, is_human_readable: bool) -> Self {
        Self { told: Vec::new(), calls_left: calls_max, is_human_readable }
    }

    /// What `value` tells, and the error that ends it.
    pub(crate) fn told(mut self, value: &impl Serialize) -> (Vec<Told>, Option<Refused>) {
        let outcome = value.serialize(&mut self);
        (self.told, outcome.err())
    }

    fn tell(&mut self, told: Told) -> Outcome {
        self.calls_left =
            self.calls_left.checked_sub(1).ok_or_else(|| Refused("refused".to_owned()))?;
        self.told.push(told);
        Ok(())
    }

    fn opened(&mut self, name: Option<&str>) -> Result<&mut Self, Refused> {
        if let Some(name) = name {
            self.tell(Told::Name(name.to_owned()))?;
        }
        self.tell(Told::Open)?;
        Ok(self)
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method(self, value: $type) -> Outcome {
            self.tell(Told::Clear(format!("{value:?}")))
        }
    )*};
}

macro_rules! opens {
    ($($method:ident($($given:ident: $type:ty),*) tells $name:expr;)*) => {$(
        fn $method(self, $($given: $type),*) -> Result<Self, Refused> {
            self.opened($name)
        }
    )*};
}

impl Serializer for &mut Sink {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    scalars! {
        serialize_bool: bool, serialize_char: char, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_u128: u128, serialize_f32: f32, serialize_f64: f64,
    }

    opens! {
        serialize_seq(_length: Option<usize>) tells None;
        serialize_tuple(_length: usize) tells None;
        serialize_tuple_struct(_name: &'static str, _length: usize) tells None;
        serialize_tuple_variant(
            _name: &'static str, _place: u32, variant: &'static str, _length: usize
        ) tells Some(variant);
        serialize_map(_length: Option<usize>) tells None;
        serialize_struct(_name: &'static str, _length: usize) tells None;
        serialize_struct_variant(
            _name: &'static str, _place: u32, variant: &'static str, _length: usize
        ) tells Some(variant);
    }

    fn serialize_str(self, text: &str) -> Outcome {
        self.tell(Told::Text(text.to_owned()))
    }

    fn serialize_none(self) -> Outcome {
        self.tell(Told::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Outcome {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Outcome {
        self.tell(Told::Nothing)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Outcome {
        self.tell(Told::Nothing)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Outcome {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Outcome {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Outcome {
        self.tell(Told::Name(variant.to_owned()))?;
        value.serialize(self)
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Outcome {
        let mut text = String::new();
        write!(text, "{value}").map_err(|_| Refused::custom("its `Display` gave up"))?;
        self.serialize_str(&text)
    }

    fn is_human_readable(&self) -> bool {
        self.is_human_readable
    }
}

/// The traits of what has parts differ in names alone.
macro_rules! parts {
    ($($parts:ident: $($method:ident($($key:ident)?)),*;)*) => {$(
        impl ser::$parts for &mut Sink {
            type Ok = ();
            type Error = Refused;

            $(fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($key: &'static str,)?
                part: &T,
            ) -> Outcome {
                $(self.tell(Told::Name($key.to_owned()))?;)?
                part.serialize(&mut **self)
            })*

            fn end(self) -> Outcome {
                self.tell(Told::Close)
            }
        }
    )*};
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(key);
    SerializeStructVariant: serialize_field(key);
}
