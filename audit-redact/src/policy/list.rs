//! Lists under a policy: one of bytes or letters is a text, any other keeps its shape.

use serde::ser::{
    Impossible, Serialize, SerializeSeq, SerializeTuple, SerializeTupleStruct, Serializer,
};

use super::leaf::Leaf;
use super::scratch::Scratch;
use super::serializer::{Treated, Withheld};

/// How a list asks to be written.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Seq(Option<usize>),
    Tuple(usize),
    TupleStruct(&'static str, usize),
}

/// A list, tuple or tuple struct; it opens in the output once an element shows that it is no text.
pub(super) struct List<'a, S: Serializer> {
    state: State<S>,
    shape: Shape,
    leaf: Leaf<'a>,
    letters: Scratch,
    letter_count: usize,
}

enum State<S: Serializer> {
    /// Nothing is written yet.
    Waiting(S),
    Seq(S::SerializeSeq),
    Tuple(S::SerializeTuple),
    TupleStruct(S::SerializeTupleStruct),
    /// Writing failed, and serde's contract ends the list here.
    Failed,
}

type Written<S> = Result<(), Withheld<<S as Serializer>::Error>>;

impl<'a, S: Serializer> List<'a, S> {
    pub(super) fn new(inner: S, shape: Shape, leaf: Leaf<'a>) -> Self {
        let state = State::Waiting(inner);
        Self { state, shape, leaf, letters: Scratch::new(), letter_count: 0 }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<S> {
        if let State::Waiting(_) = self.state {
            if let Ok(letter) = value.serialize(LetterSerializer) {
                self.push(letter);
                return Ok(());
            }
            self.open().map_err(Withheld)?;
        }
        let leaf = self.leaf.within_list();
        self.state.write(&Treated { value, leaf }).map_err(Withheld)
    }

    fn push(&mut self, letter: Letter) {
        self.letter_count += 1;
        match letter {
            Letter::Byte(byte) => self.letters.push(&[byte]),
            Letter::Char(char) => self.letters.push(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }

    /// Writes what waited: the letters in front of an element that is none are hidden one by one.
    fn open(&mut self) -> Result<(), S::Error> {
        self.state = match (std::mem::replace(&mut self.state, State::Failed), self.shape) {
            (State::Waiting(inner), Shape::Seq(length)) => State::Seq(inner.serialize_seq(length)?),
            (State::Waiting(inner), Shape::Tuple(length)) => {
                State::Tuple(inner.serialize_tuple(length)?)
            }
            (State::Waiting(inner), Shape::TupleStruct(name, length)) => {
                State::TupleStruct(inner.serialize_tuple_struct(name, length)?)
            }
            (state, _) => {
                self.state = state;
                return Ok(());
            }
        };
        for _ in 0..self.letter_count {
            self.state.write(&crate::REDACTED)?;
        }
        Ok(())
    }

    fn finish(mut self) -> Result<S::Ok, Withheld<S::Error>> {
        if self.letter_count == 0 {
            self.open().map_err(Withheld)?;
        }
        let ended = match self.state {
            // A list of one letter in a list of such is a letter of that list.
            State::Waiting(inner) if self.letter_count == 1 && self.leaf.is_within_list() => {
                self.leaf.hidden(inner)
            }
            State::Waiting(inner) => self.leaf.bytes(inner, self.letters.as_bytes()),
            State::Seq(inner) => inner.end(),
            State::Tuple(inner) => inner.end(),
            State::TupleStruct(inner) => inner.end(),
            State::Failed => return Err(serde::ser::Error::custom("failed before")),
        };
        ended.map_err(Withheld)
    }
}

impl<S: Serializer> State<S> {
    fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            Self::Seq(inner) => inner.serialize_element(value),
            Self::Tuple(inner) => inner.serialize_element(value),
            Self::TupleStruct(inner) => inner.serialize_field(value),
            Self::Waiting(_) | Self::Failed => Ok(()),
        }
    }
}

/// The three traits of serde differ in the name of one method.
macro_rules! lists {
    ($($list:ident: $method:ident),* $(,)?) => {$(
        impl<S: Serializer> $list for List<'_, S> {
            type Ok = S::Ok;
            type Error = Withheld<S::Error>;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written<S> {
                self.element(value)
            }

            fn end(self) -> Result<S::Ok, Self::Error> {
                self.finish()
            }
        }
    )*};
}

lists! {
    SerializeSeq: serialize_element,
    SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field,
}

/// One place of a text that is kept as a list.
enum Letter {
    Byte(u8),
    Char(char),
}

/// Takes a byte or a letter, and anything else for none.
struct LetterSerializer;

/// The element is no letter; nothing of it is kept.
#[derive(Debug)]
struct NoLetter;

impl std::fmt::Display for NoLetter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no letter")
    }
}

impl std::error::Error for NoLetter {}

impl serde::ser::Error for NoLetter {
    fn custom<T: std::fmt::Display>(_message: T) -> Self {
        Self
    }
}

/// Methods that take something else than a letter.
macro_rules! refused {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {$(
        fn $method(self, $(_: $argument),*) -> Result<$ok, NoLetter> {
            Err(NoLetter)
        }
    )*};
}

type Nothing = Impossible<Letter, NoLetter>;

impl Serializer for LetterSerializer {
    type Ok = Letter;
    type Error = NoLetter;
    type SerializeSeq = Nothing;
    type SerializeTuple = Nothing;
    type SerializeTupleStruct = Nothing;
    type SerializeTupleVariant = Nothing;
    type SerializeMap = Nothing;
    type SerializeStruct = Nothing;
    type SerializeStructVariant = Nothing;

    fn serialize_u8(self, value: u8) -> Result<Letter, NoLetter> {
        Ok(Letter::Byte(value))
    }

    fn serialize_i8(self, value: i8) -> Result<Letter, NoLetter> {
        Ok(Letter::Byte(value.cast_unsigned()))
    }

    fn serialize_char(self, value: char) -> Result<Letter, NoLetter> {
        Ok(Letter::Char(value))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Letter, NoLetter> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Letter, NoLetter> {
        value.serialize(self)
    }

    refused! {
        serialize_bool(bool) -> Letter;
        serialize_i16(i16) -> Letter;
        serialize_i32(i32) -> Letter;
        serialize_i64(i64) -> Letter;
        serialize_u16(u16) -> Letter;
        serialize_u32(u32) -> Letter;
        serialize_u64(u64) -> Letter;
        serialize_f32(f32) -> Letter;
        serialize_f64(f64) -> Letter;
        serialize_str(&str) -> Letter;
        serialize_bytes(&[u8]) -> Letter;
        serialize_none() -> Letter;
        serialize_unit() -> Letter;
        serialize_unit_struct(&'static str) -> Letter;
        serialize_unit_variant(&'static str, u32, &'static str) -> Letter;
        serialize_seq(Option<usize>) -> Nothing;
        serialize_tuple(usize) -> Nothing;
        serialize_tuple_struct(&'static str, usize) -> Nothing;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Nothing;
        serialize_map(Option<usize>) -> Nothing;
        serialize_struct(&'static str, usize) -> Nothing;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Nothing;
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Letter, NoLetter> {
        Err(NoLetter)
    }

    fn collect_str<T: std::fmt::Display + ?Sized>(self, _: &T) -> Result<Letter, NoLetter> {
        Err(NoLetter)
    }
}
