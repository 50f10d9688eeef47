//! A value of any shape that serde knows, made of random bytes, and the clear text in it.

use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;
use std::slice;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use serde::ser::{
    Error as _, Serialize, SerializeMap as _, SerializeSeq as _, SerializeStruct as _,
    SerializeStructVariant as _, SerializeTuple as _, SerializeTupleStruct as _,
    SerializeTupleVariant as _, Serializer,
};

/// What a value says when it fails; nobody may repeat it.
pub(crate) const SAID: &str = "no such password: hunter2";
/// Names of fields and variants.
pub(crate) const NAMES: [&str; 3] = ["a", "b", "c"];
/// Names of types; by two of them a serializer is told to write bare text.
const TYPES: [&str; 4] =
    ["A", "B", "$serde_json::private::RawValue", "$serde_json::private::Number"];

#[derive(Arbitrary, Debug)]
pub(crate) enum Any {
    Text(Text),
    Bytes(Text),
    /// A text for people, and bytes for machines.
    Asking(Text),
    /// A `Display`, which may give up: what it has written is a part then, and no piece.
    Displayed(Text, bool),
    /// A text as a list of its bytes, or of its letters.
    Letters(Text, bool),
    Scalar(Scalar),
    Nothing,
    Unit,
    UnitStruct(Name),
    UnitVariant(Name),
    Failing,
    One(Around, Name, Box<Self>),
    Many(Shape, Name, Vec<Self>, Lie),
}

#[derive(Arbitrary, Debug)]
pub(crate) enum Around {
    Some,
    Newtype,
    NewtypeVariant,
}

#[derive(Arbitrary, Debug)]
pub(crate) enum Shape {
    Seq,
    Tuple,
    TupleStruct,
    TupleVariant,
    /// Keys and values in turn.
    Map,
    Struct,
    StructVariant,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Name(u8);

/// How a value breaks serde's contract.
#[derive(Arbitrary, Debug)]
pub(crate) enum Lie {
    None,
    Length(Option<u8>),
    /// It goes on after an error.
    Stubborn,
}

/// Text, some of it such that the masks keep a part.
#[derive(Arbitrary, Debug)]
pub(crate) enum Text {
    Any(String),
    Bytes(Vec<u8>),
    Card(Vec<u8>),
    Email(String, Vec<u8>),
    Address(IpAddr),
}

macro_rules! scalars {
    ($($scalar:ident: $type:ty, $method:ident;)*) => {
        #[derive(Arbitrary, Debug)]
        pub(crate) enum Scalar {
            $($scalar($type),)*
        }

        impl Serialize for Scalar {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$scalar(value) => serializer.$method(*value),)*
                }
            }
        }

        impl Display for Scalar {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$scalar(value) => value.fmt(f),)*
                }
            }
        }
    };
}

scalars! {
    Bool: bool, serialize_bool;
    Char: char, serialize_char;
    U8: u8, serialize_u8;
    U16: u16, serialize_u16;
    U32: u32, serialize_u32;
    U64: u64, serialize_u64;
    U128: u128, serialize_u128;
    I8: i8, serialize_i8;
    I16: i16, serialize_i16;
    I32: i32, serialize_i32;
    I64: i64, serialize_i64;
    I128: i128, serialize_i128;
    F32: f32, serialize_f32;
    F64: f64, serialize_f64;
}

impl Scalar {
    fn is_letter(&self) -> bool {
        matches!(self, Self::Bool(_) | Self::Char(_) | Self::U8(_) | Self::I8(_))
    }
}

impl Name {
    fn of_type(&self) -> &'static str {
        TYPES[usize::from(self.0) % TYPES.len()]
    }

    fn of_part(&self) -> &'static str {
        NAMES[usize::from(self.0) % NAMES.len()]
    }
}

impl Text {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Any(text) => text.clone().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Card(bytes) => {
                bytes.iter().map(|byte| b"0123456789 -"[usize::from(byte % 12)]).collect()
            }
            Self::Email(name, host) => {
                let letters = host.iter().map(|byte| b"abcdefgh.-0"[usize::from(byte % 11)]);
                let host = String::from_utf8(letters.collect()).unwrap_or_default();
                format!("{name}@{host}.org").into_bytes()
            }
            Self::Address(address) => address.to_string().into_bytes(),
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(&text.text()),
            Self::Bytes(text) => serializer.serialize_bytes(&text.bytes()),
            Self::Asking(text) if serializer.is_human_readable() => {
                text.text().serialize(serializer)
            }
            Self::Asking(text) => serializer.serialize_bytes(text.text().as_bytes()),
            Self::Displayed(text, ends) => serializer.collect_str(&Displayed(text.text(), *ends)),
            Self::Letters(text, true) => serializer.collect_seq(text.bytes()),
            Self::Letters(text, false) => serializer.collect_seq(text.text().chars()),
            Self::Scalar(scalar) => scalar.serialize(serializer),
            Self::Nothing => serializer.serialize_none(),
            Self::Unit => serializer.serialize_unit(),
            Self::UnitStruct(name) => serializer.serialize_unit_struct(name.of_type()),
            Self::UnitVariant(name) => serializer.serialize_unit_variant("A", 0, name.of_part()),
            Self::Failing => Err(S::Error::custom(SAID)),
            Self::One(Around::Some, _, part) => serializer.serialize_some(part),
            Self::One(Around::Newtype, name, part) => {
                serializer.serialize_newtype_struct(name.of_type(), part)
            }
            Self::One(Around::NewtypeVariant, name, part) => {
                serializer.serialize_newtype_variant("A", 1, name.of_part(), part)
            }
            Self::Many(shape, name, parts, lie) => many(serializer, shape, name, parts, lie),
        }
    }
}

fn many<S: Serializer>(
    serializer: S,
    shape: &Shape,
    name: &Name,
    parts: &[Any],
    lie: &Lie,
) -> Result<S::Ok, S::Error> {
    let (of_type, of_part) = (name.of_type(), name.of_part());
    let told = match lie {
        Lie::Length(length) => length.map(usize::from),
        Lie::None | Lie::Stubborn => Some(parts.len()),
    };
    let length = told.unwrap_or_default();
    macro_rules! parts {
        ($opened:expr, |$to:ident, $at:pat_param, $part:ident| $write:expr) => {{
            let mut $to = $opened?;
            for ($at, $part) in parts.iter().enumerate() {
                let written = $write;
                if !matches!(lie, Lie::Stubborn) {
                    written?;
                }
            }
            $to.end()
        }};
    }
    match shape {
        Shape::Seq => {
            parts!(serializer.serialize_seq(told), |to, _, part| to.serialize_element(part))
        }
        Shape::Tuple => {
            parts!(serializer.serialize_tuple(length), |to, _, part| to.serialize_element(part))
        }
        Shape::TupleStruct => {
            let opened = serializer.serialize_tuple_struct(of_type, length);
            parts!(opened, |to, _, part| to.serialize_field(part))
        }
        Shape::TupleVariant => {
            let opened = serializer.serialize_tuple_variant("A", 2, of_part, length);
            parts!(opened, |to, _, part| to.serialize_field(part))
        }
        Shape::Map => {
            let opened = serializer.serialize_map(told.map(|length| length / 2));
            parts!(opened, |to, at, part| match at % 2 {
                0 if at + 1 == parts.len() => Ok(()),
                0 => to.serialize_key(part),
                _ => to.serialize_value(part),
            })
        }
        Shape::Struct => {
            let opened = serializer.serialize_struct(of_type, length);
            parts!(opened, |to, at, part| match NAMES[at % NAMES.len()] {
                // Such a type has one field, which is called as the type is.
                _ if of_type.starts_with('$') => to.serialize_field(of_type, part),
                "b" => to.skip_field("b"),
                name => to.serialize_field(name, part),
            })
        }
        Shape::StructVariant => {
            let opened = serializer.serialize_struct_variant("A", 3, of_part, length);
            parts!(opened, |to, at, part| match NAMES[at % NAMES.len()] {
                "b" => to.skip_field("b"),
                name => to.serialize_field(name, part),
            })
        }
    }
}

impl Any {
    pub(crate) fn parts(&self) -> &[Self] {
        match self {
            Self::One(_, _, part) => slice::from_ref(part),
            Self::Many(_, _, parts, _) => parts,
            _ => &[],
        }
    }

    /// True if it keeps to serde's contract, so that what is written of it can be read.
    pub(crate) fn is_honest(&self) -> bool {
        !matches!(self, Self::Many(_, _, _, Lie::Length(_) | Lie::Stubborn))
            && self.parts().iter().all(Self::is_honest)
    }

    /// Adds every piece of clear text that a policy may treat as one. In a list or a map a letter is
    /// none: with its neighbours it would tell a text.
    pub(crate) fn pieces(&self, within_list: bool, found: &mut Vec<Vec<u8>>) {
        match self {
            Self::Text(text) | Self::Asking(text) | Self::Displayed(text, false) => {
                found.push(text.text().into());
            }
            Self::Letters(text, false) => found.push(text.text().into()),
            Self::Bytes(text) | Self::Letters(text, true) => found.push(text.bytes()),
            Self::Scalar(scalar) if within_list && scalar.is_letter() => {}
            Self::Scalar(scalar) => {
                let text = scalar.to_string();
                found.push(text.trim_start_matches('-').into());
                found.push(text.into());
            }
            Self::UnitVariant(name) => found.push(name.of_part().into()),
            Self::Many(Shape::Seq | Shape::Tuple | Shape::TupleStruct, _, parts, _) => {
                let letters: Option<Vec<_>> = parts.iter().map(Self::letter).collect();
                found.extend(letters.map(|letters| letters.concat()));
            }
            _ => {}
        }
        let is_list = match self {
            Self::Many(shape, ..) => !matches!(shape, Shape::Struct | Shape::StructVariant),
            _ => false,
        };
        self.parts().iter().for_each(|part| part.pieces(within_list || is_list, found));
    }

    fn letter(&self) -> Option<Vec<u8>> {
        match self {
            Self::Scalar(Scalar::U8(byte)) => Some(vec![*byte]),
            Self::Scalar(Scalar::I8(byte)) => Some(vec![byte.cast_unsigned()]),
            Self::Scalar(Scalar::Char(letter)) => Some(letter.to_string().into()),
            Self::One(Around::Some | Around::Newtype, _, part) => part.letter(),
            _ => None,
        }
    }
}

struct Displayed(String, bool);

impl Display for Displayed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.split_inclusive(' ').try_for_each(|part| f.write_str(part))?;
        if self.1 { Err(fmt::Error) } else { Ok(()) }
    }
}
