//! What the derive knows of a type: with `M` = [`Marks`] as it was written, with `M` = [`Class`] as
//! it was judged.

use syn::ext::IdentExt;
use syn::{Attribute, Generics, Ident, LitStr, Member, Path, Type};

pub(crate) struct Item<M> {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) options: Options,
    pub(crate) shape: Shape<M>,
    /// The paths in other derives of the type that name `Debug`.
    pub(crate) debug_derived: Vec<Path>,
}

/// What `#[redact(…)]` on the type says.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) default_public: bool,
    pub(crate) runtime: Option<Path>,
}

pub(crate) enum Shape<M> {
    Struct(Fields<M>),
    Enum(Vec<Variant<M>>),
}

pub(crate) struct Variant<M> {
    pub(crate) ident: Ident,
    pub(crate) fields: Fields<M>,
}

pub(crate) struct Fields<M> {
    pub(crate) style: Style,
    pub(crate) list: Vec<Field<M>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Named,
    Tuple,
    Unit,
}

pub(crate) struct Field<M> {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) mark: M,
}

/// The marks on a field, in order.
pub(crate) type Marks = Vec<Mark>;

pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) attribute: Attribute,
}

pub(crate) enum MarkKind {
    Sensitive,
    Public {
        reason: Option<LitStr>,
    },
    /// A mark with a mistake that is reported already.
    Broken,
}

/// What decides whether a field is written.
pub(crate) enum Class {
    Sensitive,
    Public { reason: Option<LitStr> },
    Ruled,
}

impl<M> Shape<M> {
    pub(crate) fn map<N>(
        self,
        mut judge: impl FnMut(&Ident, Field<M>) -> Field<N>,
        owner: &Ident,
    ) -> Shape<N> {
        match self {
            Self::Struct(fields) => Shape::Struct(fields.map(|field| judge(owner, field))),
            Self::Enum(variants) => Shape::Enum(
                variants
                    .into_iter()
                    .map(|Variant { ident, fields }| {
                        let fields = fields.map(|field| judge(&ident, field));
                        Variant { ident, fields }
                    })
                    .collect(),
            ),
        }
    }

    /// All fields, those of an enum variant by variant.
    pub(crate) fn fields(&self) -> Vec<&Field<M>> {
        match self {
            Self::Struct(fields) => fields.list.iter().collect(),
            Self::Enum(variants) => variants.iter().flat_map(|v| &v.fields.list).collect(),
        }
    }
}

impl<M> Fields<M> {
    fn map<N>(self, judge: impl FnMut(Field<M>) -> Field<N>) -> Fields<N> {
        Fields { style: self.style, list: self.list.into_iter().map(judge).collect() }
    }
}

impl<M> Field<M> {
    /// The name as it is written in a log, or none in a tuple.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.member {
            Member::Named(ident) => Some(ident.unraw().to_string()),
            Member::Unnamed(_) => None,
        }
    }
}
