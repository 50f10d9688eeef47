//! What is known of a variable.

/// That a question is asked about a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Asked {
    pub(super) question: usize,
    /// Whether a method made it of the value, so that its type may show it to be harmless.
    pub(super) is_derived: bool,
    /// Whether it is one of the values that were put into a list, of which others may be spoken of.
    pub(super) is_put: bool,
}

impl Asked {
    /// The question about a value as it is.
    pub(super) fn about(question: usize) -> Self {
        Self { question, is_derived: false, is_put: false }
    }
}

/// A variable.
pub(super) struct Binding {
    pub(super) name: String,
    /// Tells it from all others of its name.
    pub(super) number: usize,
    /// How many closures and async blocks it is declared in.
    pub(super) level: usize,
    /// How many blocks it is declared in.
    pub(super) depth: usize,
    /// Whether its type may become known only where it is used.
    pub(super) is_open: bool,
    /// Whether its type is written where it is declared.
    pub(super) is_told: bool,
    /// The questions whether it holds a sensitive value.
    pub(super) questions: Vec<Asked>,
    /// The same of what was assigned to a part of it, by the names of the fields.
    pub(super) parts: Vec<(String, Vec<Asked>)>,
    /// The variable to which it is a reference.
    pub(super) target: Option<usize>,
}

impl Binding {
    fn add(questions: &mut Vec<Asked>, more: &[Asked]) {
        for asked in more {
            if !questions.contains(asked) {
                questions.push(*asked);
            }
        }
    }

    /// What is put into it, or into a part of it, it holds beside what it held before.
    pub(super) fn fill(&mut self, part: Option<&str>, more: &[Asked]) {
        let Some(part) = part else {
            return Self::add(&mut self.questions, more);
        };
        match self.parts.iter_mut().find(|(name, _)| name == part) {
            Some((_, questions)) => Self::add(questions, more),
            None => self.parts.push((part.to_owned(), more.to_vec())),
        }
    }

    /// The questions about the parts of a tuple, which show what they hold where it is shown.
    pub(super) fn numbered_parts(&self) -> impl Iterator<Item = Asked> {
        let is_numbered = |part: &str| part.starts_with(|first: char| first.is_ascii_digit());
        let parts = self.parts.iter().filter(move |(part, _)| is_numbered(part));
        parts.flat_map(|(_, questions)| questions).copied()
    }

    /// The questions about what was assigned to one part of it.
    pub(super) fn part(&self, part: &str) -> impl Iterator<Item = Asked> {
        let parts = self.parts.iter().filter(move |(name, _)| name == part);
        parts.flat_map(|(_, questions)| questions).copied()
    }
}
