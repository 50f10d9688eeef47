//! What a row of the table is: one way to a log, and for each form of protection what stops it.

/// One way by which a secret may reach a log.
pub(super) struct Row {
    /// Names the row in the page, in failures and in the marks of the cases under `tests/ui/leaks`.
    pub(super) id: &'static str,
    /// The way in words.
    pub(super) path: &'static str,
    /// What somebody writes.
    pub(super) code: &'static str,
    /// For a field that is a `Sensitive<T>`, as `#[wrap_sensitive]` makes it.
    pub(super) wrapped: Cell,
    /// For a plain field marked `#[sensitive]` in a type with `#[derive(Redact)]`.
    pub(super) plain: Cell,
}

/// What stops one way for one form, and the proof that it does.
pub(super) struct Cell {
    pub(super) layer: Layer,
    pub(super) proof: Proof,
}

/// What stops a leak, in the words of the page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Layer {
    Types,
    Derive,
    Audited,
    Probe,
    Wire,
    Parse,
    Allocator,
    Lint,
}

pub(super) enum Proof {
    /// The program does not compile: a file below `tests/ui/leaks`, where a line `// row: <id>`
    /// stands above each statement that is refused.
    Refused(&'static str),
    /// The program runs, and its output, which may have [`parts`], holds no secret.
    Runs {
        protected: fn() -> String,
        /// The same code with types that protect nothing; each part of its output holds the secret.
        control: fn() -> String,
    },
    /// A test of its own: its file, from the workspace's root, and its name.
    Tested(&'static str, &'static str),
    /// Only a look at the source finds it: why, and that it leaks indeed.
    Open { why: &'static str, leaks: fn() -> String },
}

impl Layer {
    pub(super) const ALL: [Self; 8] = [
        Self::Types,
        Self::Derive,
        Self::Audited,
        Self::Probe,
        Self::Wire,
        Self::Parse,
        Self::Allocator,
        Self::Lint,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Types => "types",
            Self::Derive => "derive",
            Self::Audited => "audited",
            Self::Probe => "probe",
            Self::Wire => "wire",
            Self::Parse => "parse",
            Self::Allocator => "allocator",
            Self::Lint => "lint",
        }
    }
}

/// Ends a part of an output.
const END: char = '\u{1e}';

/// An output of several ways, each of which is judged by itself: that one of them shows the value
/// says nothing of the others.
pub(super) fn parts<const N: usize>(parts: [String; N]) -> String {
    parts.map(|part| part + &END.to_string()).concat()
}

/// The parts of an output.
pub(super) fn parts_of(output: &str) -> Vec<&str> {
    output.split_terminator(END).collect()
}

pub(super) const fn refused(layer: Layer, file: &'static str) -> Cell {
    Cell { layer, proof: Proof::Refused(file) }
}

pub(super) const fn runs(layer: Layer, protected: fn() -> String, control: fn() -> String) -> Cell {
    Cell { layer, proof: Proof::Runs { protected, control } }
}

pub(super) const fn tested(layer: Layer, file: &'static str, name: &'static str) -> Cell {
    Cell { layer, proof: Proof::Tested(file, name) }
}

pub(super) const fn open(why: &'static str, leaks: fn() -> String) -> Cell {
    Cell { layer: Layer::Lint, proof: Proof::Open { why, leaks } }
}

impl Row {
    /// Both cells, each with the name of its form.
    pub(super) fn cells(&self) -> [(&'static str, &Cell); 2] {
        [("wrapped", &self.wrapped), ("plain", &self.plain)]
    }
}
