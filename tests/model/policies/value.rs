//! Random values of every shape that serde knows, and the pieces of clear text that they hold.

use proptest::collection::vec;
use proptest::prelude::*;
use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Names of parts: no test value holds four bytes of them.
const NAMES: [&str; 4] = ["~~a", "~~b", "~~c", "~~d"];

#[derive(Clone, Debug)]
pub(super) enum Value {
    Unit,
    Nothing,
    Flag(bool),
    Byte(u8),
    Letter(char),
    Signed(i64),
    Wide(u128),
    Fraction(f64),
    Text(String),
    Bytes(Vec<u8>),
    Displayed(String),
    Some(Box<Self>),
    Newtype(Box<Self>),
    NewtypeVariant(Box<Self>),
    List(Vec<Self>),
    Tuple(Vec<Self>),
    TupleStruct(Vec<Self>),
    TupleVariant(Vec<Self>),
    Struct(Vec<Self>),
    StructVariant(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => serializer.serialize_unit(),
            Self::Nothing => serializer.serialize_none(),
            Self::Flag(value) => serializer.serialize_bool(*value),
            Self::Byte(value) => serializer.serialize_u8(*value),
            Self::Letter(value) => serializer.serialize_char(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Wide(value) => serializer.serialize_u128(*value),
            Self::Fraction(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Displayed(value) => serializer.collect_str(value),
            Self::Some(value) => serializer.serialize_some(value),
            Self::Newtype(value) => serializer.serialize_newtype_struct("~~", value),
            Self::NewtypeVariant(value) => {
                serializer.serialize_newtype_variant("~~", 0, NAMES[0], value)
            }
            _ => self.serialize_parts(serializer),
        }
    }
}

impl Value {
    fn serialize_parts<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = self.parts().len();
        match self {
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(length))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Tuple(parts) => {
                let mut tuple = serializer.serialize_tuple(length)?;
                parts.iter().try_for_each(|part| tuple.serialize_element(part))?;
                tuple.end()
            }
            Self::TupleStruct(parts) => {
                let mut tuple = serializer.serialize_tuple_struct("~~", length)?;
                parts.iter().try_for_each(|part| tuple.serialize_field(part))?;
                tuple.end()
            }
            Self::TupleVariant(parts) => {
                let mut tuple = serializer.serialize_tuple_variant("~~", 1, NAMES[1], length)?;
                parts.iter().try_for_each(|part| tuple.serialize_field(part))?;
                tuple.end()
            }
            Self::Struct(parts) => {
                let mut fields = serializer.serialize_struct("~~", length)?;
                let mut named = NAMES.iter().zip(parts);
                named.try_for_each(|(name, part)| fields.serialize_field(name, part))?;
                fields.end()
            }
            Self::StructVariant(parts) => {
                let mut fields = serializer.serialize_struct_variant("~~", 2, NAMES[2], length)?;
                let mut named = NAMES.iter().zip(parts);
                named.try_for_each(|(name, part)| fields.serialize_field(name, part))?;
                fields.end()
            }
            _ => {
                let mut list = serializer.serialize_seq(Some(length))?;
                self.parts().iter().try_for_each(|part| list.serialize_element(part))?;
                list.end()
            }
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Some(part) | Self::Newtype(part) | Self::NewtypeVariant(part) => vec![part],
            Self::List(parts)
            | Self::Tuple(parts)
            | Self::TupleStruct(parts)
            | Self::TupleVariant(parts)
            | Self::Struct(parts)
            | Self::StructVariant(parts) => parts.iter().collect(),
            Self::Map(entries) => entries.iter().flat_map(|(k, v)| [k, v]).collect(),
            _ => Vec::new(),
        }
    }

    /// Every piece of clear text, as bytes; a list of bytes or letters is one.
    pub(super) fn secrets(&self) -> Vec<Vec<u8>> {
        let own = match self {
            Self::Flag(value) => value.to_string().into_bytes(),
            Self::Byte(value) => value.to_string().into_bytes(),
            Self::Letter(value) => value.to_string().into_bytes(),
            Self::Signed(value) => value.to_string().into_bytes(),
            Self::Wide(value) => value.to_string().into_bytes(),
            Self::Fraction(value) => value.to_string().into_bytes(),
            Self::Text(value) | Self::Displayed(value) => value.clone().into_bytes(),
            Self::Bytes(value) => value.clone(),
            Self::List(parts) | Self::Tuple(parts) | Self::TupleStruct(parts) => {
                let letters: Option<Vec<_>> = parts.iter().map(Self::letter).collect();
                letters.unwrap_or_default().concat()
            }
            _ => Vec::new(),
        };
        let mut secrets: Vec<Vec<u8>> = self.parts().iter().flat_map(|p| p.secrets()).collect();
        secrets.push(own);
        secrets
    }

    fn letter(&self) -> Option<Vec<u8>> {
        match self {
            Self::Byte(value) => Some(vec![*value]),
            Self::Letter(value) => Some(value.to_string().into_bytes()),
            Self::Some(value) | Self::Newtype(value) => value.letter(),
            _ => None,
        }
    }
}

/// Text of any characters, and text that the kinds of masks are made for.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => any::<String>(),
        2 => "[a-zA-Z0-9 ]{0,40}",
        1 => "[\u{1F600}-\u{1F64F}\u{300}-\u{36F}а-я]{0,30}",
        2 => "[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{0,7}",
        2 => "[a-zа-я.]{1,12}@[a-z]{2,12}\\.[a-z]{2,8}",
        1 => any::<std::net::IpAddr>().prop_map(|address| address.to_string()),
        1 => "[a-z]{1,12}@[A-Z0-9!@ ]{4,20}",
    ]
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Unit),
        1 => Just(Value::Nothing),
        1 => any::<f64>().prop_map(Value::Fraction),
        2 => key(),
        3 => text().prop_map(Value::Text),
        1 => vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        1 => text().prop_map(|text| Value::Bytes(text.into())),
        2 => text().prop_map(|text| Value::List(text.bytes().map(Value::Byte).collect())),
        2 => text().prop_map(|text| Value::Tuple(text.chars().map(Value::Letter).collect())),
    ]
}

/// What JSON takes for a key.
fn key() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Flag),
        any::<u8>().prop_map(Value::Byte),
        any::<char>().prop_map(Value::Letter),
        any::<i64>().prop_map(Value::Signed),
        any::<u128>().prop_map(Value::Wide),
        text().prop_map(Value::Text),
        text().prop_map(Value::Displayed),
    ]
}

pub(super) fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 5, |inner| {
        let parts = || vec(inner.clone(), 0..5);
        let few = || vec(inner.clone(), 0..NAMES.len());
        prop_oneof![
            inner.clone().prop_map(|part| Value::Some(part.into())),
            inner.clone().prop_map(|part| Value::Newtype(part.into())),
            inner.clone().prop_map(|part| Value::NewtypeVariant(part.into())),
            parts().prop_map(Value::List),
            parts().prop_map(Value::Tuple),
            parts().prop_map(Value::TupleStruct),
            parts().prop_map(Value::TupleVariant),
            few().prop_map(Value::Struct),
            few().prop_map(Value::StructVariant),
            vec((key(), inner.clone()), 0..5).prop_map(Value::Map),
        ]
    })
}
