//! The variables in sight, and the places where a question about one may be asked.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Expr, ExprPath};

/// A variable.
pub(super) struct Binding {
    pub(super) name: String,
    /// How many closures and async blocks it is declared in.
    pub(super) level: usize,
    /// How many blocks it is declared in.
    pub(super) depth: usize,
    /// Whether its type may become known only where it is used.
    pub(super) is_open: bool,
    /// The questions whether it holds a sensitive value.
    pub(super) questions: Vec<usize>,
}

/// A place before a statement, or at the beginning of a body, where questions are asked.
pub(super) struct Frame {
    pub(super) level: usize,
    /// How many of the variables in sight are declared before this place.
    pub(super) visible: usize,
    /// Whether more variables may be declared before this place is reached.
    pub(super) is_condition: bool,
    pub(super) questions: Vec<usize>,
}

/// Whether a value is sensitive: an expression that is type-checked and never run.
pub(super) struct Question {
    pub(super) tokens: TokenStream,
    names: HashSet<String>,
    /// The places at which the value is shown.
    pub(super) shown: Vec<Span>,
    /// A copy of code with questions of its own, instead of a question.
    pub(super) copy: Option<Expr>,
}

/// An expression that a question repeats.
#[derive(Clone)]
pub(super) struct Repeated {
    pub(super) tokens: TokenStream,
    /// The names in it that may be variables.
    pub(super) names: HashSet<String>,
    /// Whether a closure would capture more if it held the expression once more.
    pub(super) is_place: bool,
    /// Whether each repetition makes a value of its own, whose type its use may have to tell.
    pub(super) is_made: bool,
}

impl Repeated {
    /// An expression without variables.
    pub(super) fn closed(tokens: TokenStream) -> Self {
        Self { tokens, names: HashSet::new(), is_place: false, is_made: false }
    }
}

#[derive(Default)]
pub(super) struct Scope {
    pub(super) bindings: Vec<Binding>,
    pub(super) frames: Vec<Frame>,
    pub(super) questions: Vec<Question>,
    /// The variables that each enclosing closure and async block mentions as a whole.
    pub(super) closures: Vec<HashSet<String>>,
    pub(super) depth: usize,
    /// The questions that have to wait for the variables that they mention.
    pending: Vec<usize>,
    /// Whether this is the input of a macro that may give its names a meaning of its own.
    pub(super) is_opaque: bool,
}

impl Scope {
    pub(super) fn level(&self) -> usize {
        self.closures.len()
    }

    pub(super) fn declare(&mut self, name: String, is_open: bool, questions: Vec<usize>) {
        let (level, depth) = (self.level(), self.depth);
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_condition) {
            // A question asked in the body would speak of this variable.
            frame.questions.retain(|question| !self.questions[*question].names.contains(&name));
        }
        self.bindings.push(Binding { name, level, depth, is_open, questions });
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.bindings.iter().rposition(|binding| binding.name == name)
    }

    pub(super) fn open_frame(&mut self) {
        let (level, visible) = (self.level(), self.bindings.len());
        self.frames.push(Frame { level, visible, is_condition: false, questions: Vec::new() });
    }

    /// Opens the frame of a body before its condition, which may declare variables for it.
    pub(super) fn open_condition(&mut self) {
        self.open_frame();
        if let Some(frame) = self.frames.last_mut() {
            frame.is_condition = true;
            frame.visible = usize::MAX;
        }
    }

    /// Makes the variables that were declared since visible in the frame.
    pub(super) fn settle_frame(&mut self) {
        let visible = self.bindings.len();
        if let Some(frame) = self.frames.last_mut() {
            frame.visible = visible;
            frame.is_condition = false;
        }
    }

    pub(super) fn close_frame(&mut self) -> Vec<usize> {
        self.frames.pop().map(|frame| frame.questions).unwrap_or_default()
    }

    /// Asks a question in the nearest place where the names mean the same, if there is one.
    ///
    /// A question about a part of a variable is asked outside the closures that only mention the
    /// part: there they would capture the whole.
    pub(super) fn ask(&mut self, about: &Repeated, tokens: TokenStream) -> Option<usize> {
        let found: Vec<usize> = about.names.iter().filter_map(|name| self.find(name)).collect();
        if self.is_opaque && found.is_empty() {
            return None;
        }
        let level = match about.is_place {
            true => found.iter().map(|at| self.level_for(*at)).max().unwrap_or(self.level()),
            false => self.level(),
        };
        let at = self.frame(level, &about.names)?;
        let question = self.add(tokens, about.names.clone());
        self.frames[at].questions.push(question);
        Some(question)
    }

    /// Asks a question as soon as the variables that it mentions are declared.
    pub(super) fn ask_later(
        &mut self,
        names: HashSet<String>,
        tokens: TokenStream,
    ) -> Option<usize> {
        if self.is_opaque {
            return None;
        }
        let question = self.add(tokens, names);
        self.pending.push(question);
        Some(question)
    }

    /// The questions that waited, to be asked behind the statement that declares their variables.
    pub(super) fn take_pending(&mut self) -> Vec<usize> {
        mem::take(&mut self.pending)
    }

    /// Asks the questions that waited in the nearest place where their names mean the same.
    pub(super) fn place_pending(&mut self) {
        for question in self.take_pending() {
            if let Some(at) = self.frame(self.level(), &self.questions[question].names) {
                self.frames[at].questions.push(question);
            }
        }
    }

    fn add(&mut self, tokens: TokenStream, names: HashSet<String>) -> usize {
        self.questions.push(Question { tokens, names, shown: Vec::new(), copy: None });
        self.questions.len() - 1
    }

    /// The nearest place on a level where the names mean the same.
    fn frame(&self, level: usize, names: &HashSet<String>) -> Option<usize> {
        let means_the_same = |frame: &Frame| {
            names.iter().all(|name| {
                let seen = &self.bindings[..frame.visible.min(self.bindings.len())];
                seen.iter().rposition(|binding| binding.name == *name) == self.find(name)
            })
        };
        let fits = |frame: &Frame| frame.level == level && means_the_same(frame);
        let settled = self.frames.iter().rposition(|frame| !frame.is_condition && fits(frame));
        settled.or_else(|| self.frames.iter().rposition(fits))
    }

    /// The level at which the type of a variable is known and nothing needs to be captured.
    fn level_for(&self, at: usize) -> usize {
        let binding = &self.bindings[at];
        let inside = &self.closures[binding.level..];
        match binding.is_open && inside.iter().any(|whole| whole.contains(&binding.name)) {
            true => self.level(),
            false => binding.level,
        }
    }
}

/// The names in an expression that may be variables.
pub(super) fn names(expression: &Expr) -> HashSet<String> {
    struct Names(HashSet<String>);
    impl<'a> Visit<'a> for Names {
        fn visit_expr_path(&mut self, path: &'a ExprPath) {
            if let Some(name) = path.path.get_ident() {
                self.0.insert(name.unraw().to_string());
            }
        }
    }
    let mut names = Names(HashSet::new());
    names.visit_expr(expression);
    names.0
}

/// The names that are not followed by a field or a method.
pub(super) fn wholes(tokens: TokenStream, found: &mut HashSet<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) => {
                let is_dot =
                    |next: &TokenTree| matches!(next, TokenTree::Punct(p) if p.as_char() == '.');
                if !tokens.peek().is_some_and(is_dot) {
                    found.insert(name.unraw().to_string());
                }
            }
            TokenTree::Group(group) => wholes(group.stream(), found),
            _ => {}
        }
    }
}
