//! A serializer around another one: it keeps the shape of a value and treats every leaf.

use std::fmt::{self, Display, Formatter};

use serde::ser::{
    self, Serialize, SerializeMap, SerializeStruct, SerializeStructVariant, SerializeTupleVariant,
    Serializer,
};

use super::leaf::Leaf;
use super::list::{List, Shape};

/// A part of a value whose leaves are treated when it is serialized.
pub(super) struct Treated<'a, T: ?Sized> {
    pub(super) value: &'a T,
    pub(super) leaf: Leaf<'a>,
}

impl<T: Serialize + ?Sized> Serialize for Treated<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, inner: S) -> Result<S::Ok, S::Error> {
        let serializer = LeafSerializer { inner, leaf: self.leaf };
        self.value.serialize(serializer).map_err(|error| error.0)
    }
}

/// An error of the serializer inside, or the fact that the value failed.
///
/// What the value itself says of its failure may repeat it, and is dropped.
#[derive(Debug)]
pub(super) struct Withheld<E>(pub(super) E);

impl<E: Display> Display for Withheld<E> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<E: ser::Error> std::error::Error for Withheld<E> {}

impl<E: ser::Error> ser::Error for Withheld<E> {
    fn custom<T: Display>(_message: T) -> Self {
        Self(E::custom(
            "a sensitive value could not be serialized; \
             what it says of the failure is withheld, since it may repeat the value",
        ))
    }
}

type Written<S> = Result<<S as Serializer>::Ok, Withheld<<S as Serializer>::Error>>;

/// The serializer that a treated value sees.
pub(super) struct LeafSerializer<'a, S> {
    inner: S,
    leaf: Leaf<'a>,
}

impl<'a, S: Serializer> LeafSerializer<'a, S> {
    fn list(self, shape: Shape) -> List<'a, S> {
        List::new(self.inner, shape, self.leaf)
    }
}

/// Scalars are written as text.
macro_rules! scalars {
    ($($method:ident as $kind:ident: $scalar:ty),* $(,)?) => {$(
        fn $method(self, value: $scalar) -> Written<S> {
            self.leaf.$kind(self.inner, value).map_err(Withheld)
        }
    )*};
}

impl<'a, S: Serializer> Serializer for LeafSerializer<'a, S> {
    type Ok = S::Ok;
    type Error = Withheld<S::Error>;
    type SerializeSeq = List<'a, S>;
    type SerializeTuple = List<'a, S>;
    type SerializeTupleStruct = List<'a, S>;
    type SerializeTupleVariant = Parts<'a, S::SerializeTupleVariant>;
    type SerializeMap = Entries<'a, S::SerializeMap>;
    type SerializeStruct = Struct<'a, S>;
    type SerializeStructVariant = Parts<'a, S::SerializeStructVariant>;

    scalars! {
        serialize_bool as letter: bool,
        serialize_i8 as letter: i8,
        serialize_u8 as letter: u8,
        serialize_char as letter: char,
        serialize_i16 as number: i16,
        serialize_i32 as number: i32,
        serialize_i64 as number: i64,
        serialize_i128 as number: i128,
        serialize_u16 as number: u16,
        serialize_u32 as number: u32,
        serialize_u64 as number: u64,
        serialize_u128 as number: u128,
        serialize_f32 as fraction: f32,
        serialize_f64 as fraction: f64,
        serialize_bytes as bytes: &[u8],
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Written<S> {
        self.leaf.text(self.inner, value).map_err(Withheld)
    }

    fn serialize_none(self) -> Written<S> {
        self.inner.serialize_none().map_err(Withheld)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written<S> {
        self.inner.serialize_some(&Treated { value, leaf: self.leaf }).map_err(Withheld)
    }

    fn serialize_unit(self) -> Written<S> {
        self.inner.serialize_unit().map_err(Withheld)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Written<S> {
        self.inner.serialize_unit_struct(name).map_err(Withheld)
    }

    /// The name of a variant is code, but which variant it is may be all that the value tells.
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written<S> {
        self.leaf.text(self.inner, variant).map_err(Withheld)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Written<S> {
        let value = Treated { value, leaf: self.leaf };
        self.inner.serialize_newtype_struct(name, &value).map_err(Withheld)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        value: &T,
    ) -> Written<S> {
        let value = Treated { value, leaf: self.leaf };
        self.inner.serialize_newtype_variant(name, place, variant, &value).map_err(Withheld)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<List<'a, S>, Self::Error> {
        Ok(self.list(Shape::Seq(length)))
    }

    fn serialize_tuple(self, length: usize) -> Result<List<'a, S>, Self::Error> {
        Ok(self.list(Shape::Tuple(length)))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<List<'a, S>, Self::Error> {
        Ok(self.list(Shape::TupleStruct(name, length)))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeTupleVariant, Self::Error> {
        let inner = self.inner.serialize_tuple_variant(name, place, variant, length);
        Ok(Parts { inner: inner.map_err(Withheld)?, leaf: self.leaf.within_list() })
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self::SerializeMap, Self::Error> {
        let inner = self.inner.serialize_map(length).map_err(Withheld)?;
        Ok(Entries { inner, leaf: self.leaf, count: 0 })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStruct, Self::Error> {
        let Self { inner, leaf } = self;
        // By such names crates tell their serializer to write a text bare, as a number or as JSON.
        if name.starts_with('$') {
            return Ok(Struct::Hidden(leaf.hidden(inner).map_err(Withheld)?));
        }
        let inner = inner.serialize_struct(name, length).map_err(Withheld)?;
        Ok(Struct::Open(Parts { inner, leaf }))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        place: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Self::SerializeStructVariant, Self::Error> {
        let inner = self.inner.serialize_struct_variant(name, place, variant, length);
        Ok(Parts { inner: inner.map_err(Withheld)?, leaf: self.leaf })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Written<S> {
        self.leaf.displayed(self.inner, value).map_err(Withheld)
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Parts that stand in the same places as in the value.
pub(super) struct Parts<'a, I> {
    inner: I,
    leaf: Leaf<'a>,
}

impl<I: SerializeTupleVariant> SerializeTupleVariant for Parts<'_, I> {
    type Ok = I::Ok;
    type Error = Withheld<I::Error>;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        self.inner.serialize_field(&Treated { value, leaf: self.leaf }).map_err(Withheld)
    }

    fn end(self) -> Result<I::Ok, Self::Error> {
        self.inner.end().map_err(Withheld)
    }
}

impl<I: SerializeStructVariant> SerializeStructVariant for Parts<'_, I> {
    type Ok = I::Ok;
    type Error = Withheld<I::Error>;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        self.inner.serialize_field(key, &Treated { value, leaf: self.leaf }).map_err(Withheld)
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), Self::Error> {
        self.inner.skip_field(key).map_err(Withheld)
    }

    fn end(self) -> Result<I::Ok, Self::Error> {
        self.inner.end().map_err(Withheld)
    }
}

/// A struct, or what was written in its place.
pub(super) enum Struct<'a, S: Serializer> {
    Open(Parts<'a, S::SerializeStruct>),
    Hidden(S::Ok),
}

impl<S: Serializer> SerializeStruct for Struct<'_, S> {
    type Ok = S::Ok;
    type Error = Withheld<S::Error>;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Self::Error> {
        match self {
            Self::Open(Parts { inner, leaf }) => {
                inner.serialize_field(key, &Treated { value, leaf: *leaf }).map_err(Withheld)
            }
            Self::Hidden(_) => Ok(()),
        }
    }

    fn skip_field(&mut self, key: &'static str) -> Result<(), Self::Error> {
        match self {
            Self::Open(parts) => parts.inner.skip_field(key).map_err(Withheld),
            Self::Hidden(_) => Ok(()),
        }
    }

    fn end(self) -> Result<S::Ok, Self::Error> {
        match self {
            Self::Open(parts) => parts.inner.end().map_err(Withheld),
            Self::Hidden(written) => Ok(written),
        }
    }
}

/// A map, whose keys are treated like its values.
pub(super) struct Entries<'a, I> {
    inner: I,
    leaf: Leaf<'a>,
    count: usize,
}

impl<I: SerializeMap> SerializeMap for Entries<'_, I> {
    type Ok = I::Ok;
    type Error = Withheld<I::Error>;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Self::Error> {
        self.count += 1;
        let leaf = self.leaf.key(self.count);
        self.inner.serialize_key(&Treated { value: key, leaf }).map_err(Withheld)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Self::Error> {
        let leaf = self.leaf.within_list();
        self.inner.serialize_value(&Treated { value, leaf }).map_err(Withheld)
    }

    fn end(self) -> Result<I::Ok, Self::Error> {
        self.inner.end().map_err(Withheld)
    }
}
