//! What the derive knows of a type: with `M` = [`Marks`] as it was written, with `M` = [`Class`] as
//! it was judged.

use syn::ext::IdentExt;
use syn::{Attribute, Expr, Generics, Ident, LitStr, Member, Path, Type};

use super::types::is_secret;

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
    /// Every sensitive field is a `Sensitive<T>`.
    pub(crate) strict: bool,
    /// Two values can be compared, for a record of what changed.
    pub(crate) diff: bool,
    pub(crate) runtime: Option<Path>,
    /// Why a log may show what the `Display` of the type prints.
    pub(crate) display: Option<LitStr>,
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
    /// Attributes of the struct or variant by which another derive prints it.
    pub(crate) texts: Vec<Attribute>,
    /// Those of the enum around the variant that hold for it too.
    pub(crate) inherited: Vec<Attribute>,
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
    /// serde writes it in clear where it is disclosed.
    pub(crate) disclosed: bool,
    /// The user has marked it, and it is not hidden because of a mistake.
    pub(crate) is_marked: bool,
    /// serde reads it by a function that the field names, or not at all.
    pub(crate) read_apart: bool,
    /// The attribute by which another derive makes it the cause of an error.
    pub(crate) cause: Cause,
    pub(crate) mark: M,
}

/// Whether a field is the error behind the one that its type is, for the derives of errors.
pub(crate) enum Cause {
    /// By an attribute.
    Said(Box<Attribute>),
    /// By its name, if at all.
    Unsaid,
    /// Not even by its name.
    Denied,
}

/// The marks on a field, in order.
pub(crate) type Marks = Vec<Mark>;

pub(crate) struct Mark {
    pub(crate) kind: MarkKind,
    pub(crate) attribute: Attribute,
}

pub(crate) enum MarkKind {
    Sensitive(Policy),
    Public {
        reason: Option<LitStr>,
    },
    /// A mark with a mistake that is reported already.
    Broken,
}

/// What decides whether a field is written.
pub(crate) enum Class {
    Sensitive(Policy),
    Public { reason: Option<LitStr> },
    Ruled,
}

/// What is written of a sensitive field.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) kind: PolicyKind,
    /// The class of data, by which a recorder may be told to write less.
    pub(crate) class: Option<Ident>,
}

#[derive(Clone)]
pub(crate) enum PolicyKind {
    Full,
    Mask(Mask),
    Pseudonym { domain: Option<LitStr> },
    Encrypt { subject: Option<Expr> },
    Omit(Path),
    With(Path),
}

#[derive(Clone, Copy)]
pub(crate) enum Mask {
    Ends { first: u16, last: u16, min: u16 },
    Card,
    Email,
    Ip,
}

impl Policy {
    /// Nothing of the field is written, and there is nothing to decide at run time.
    pub(crate) const FULL: Self = Self { kind: PolicyKind::Full, class: None };
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

    /// The fields of the struct, or of each variant.
    pub(crate) fn parts(&self) -> Vec<&Fields<M>> {
        match self {
            Self::Struct(fields) => vec![fields],
            Self::Enum(variants) => variants.iter().map(|variant| &variant.fields).collect(),
        }
    }

    /// All fields, those of an enum variant by variant.
    pub(crate) fn fields(&self) -> Vec<&Field<M>> {
        self.parts().into_iter().flat_map(|fields| &fields.list).collect()
    }
}

impl<M> Fields<M> {
    fn map<N>(self, judge: impl FnMut(Field<M>) -> Field<N>) -> Fields<N> {
        let list = self.list.into_iter().map(judge).collect();
        Fields { style: self.style, texts: self.texts, inherited: self.inherited, list }
    }
}

impl Field<Class> {
    /// True if the field is marked, and another derive can print it.
    pub(super) fn is_shown_plain(&self) -> bool {
        self.is_marked && !is_secret(&self.ty)
    }
}

impl<M> Field<M> {
    /// The same field under what its marks come to.
    pub(crate) fn judged<N>(self, mark: N, is_marked: bool) -> Field<N> {
        let Self { member, ty, disclosed, read_apart, cause, .. } = self;
        Field { member, ty, disclosed, is_marked, read_apart, cause, mark }
    }

    /// The name as it is written in a log, or none in a tuple.
    pub(crate) fn name(&self) -> Option<String> {
        match &self.member {
            Member::Named(ident) => Some(ident.unraw().to_string()),
            Member::Unnamed(_) => None,
        }
    }
}
