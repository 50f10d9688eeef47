//! What it was done to, and why it ended as it did.

use std::borrow::Cow;
use std::fmt::Display;

/// What an action was done to.
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) kind: Cow<'static, str>,
    pub(super) id: String,
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) role: Option<Cow<'static, str>>,
    pub(super) version: Option<Cow<'static, str>>,
}

impl Target {
    /// A target by its type, such as `User`, and its id.
    pub fn new(kind: impl Into<Cow<'static, str>>, id: impl Display) -> Self {
        Self { kind: kind.into(), id: id.to_string(), name: None, role: None, version: None }
    }

    /// Adds a readable name.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Says what part the target plays where an action has many: `source`, `destination`.
    pub fn role(mut self, role: impl Into<Cow<'static, str>>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Adds the version of the target that was acted on.
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The target's type.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The target's id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

/// Why it ended as it did: a code from the application's closed set, and perhaps a sentence.
#[derive(Clone, Debug)]
pub struct Reason {
    pub(super) code: Cow<'static, str>,
    pub(super) message: Option<Cow<'static, str>>,
}

impl Reason {
    /// A reason by its code, such as `bad_password`.
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), message: None }
    }

    /// Adds a sentence for people. It is recorded as it stands, so it must not repeat user input.
    pub fn message(mut self, message: impl Into<Cow<'static, str>>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// The code.
    pub fn code(&self) -> &str {
        &self.code
    }
}

impl<T: Into<Cow<'static, str>>> From<T> for Reason {
    fn from(code: T) -> Self {
        Self::new(code)
    }
}
