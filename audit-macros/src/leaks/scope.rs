//! The variables in sight, and the places where a question about one may be asked.

use std::collections::HashSet;
use std::mem;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit::Visit;
use syn::{Attribute, Expr, ExprPath};

use super::binding::{Asked, Binding};

/// A place before a statement, or at the beginning of a body, where questions are asked.
pub(super) struct Frame {
    pub(super) level: usize,
    /// How many of the variables in sight are declared before this place.
    pub(super) visible: usize,
    /// Whether more variables may be declared before this place is reached.
    pub(super) is_condition: bool,
    /// Whether this is a statement behind which nothing can be asked.
    pub(super) is_end: bool,
    pub(super) questions: Vec<usize>,
}

/// Whether a value is sensitive: an expression that is type-checked and never run.
pub(super) struct Question {
    pub(super) tokens: TokenStream,
    pub(super) about: Repeated,
    /// The variables that its names mean, by their numbers.
    meant: HashSet<usize>,
    level: usize,
    /// What is shown, where only its type may tell whether that shows the value.
    pub(super) of_type: Option<TokenStream>,
    /// The conditions under which there is what it speaks of.
    pub(super) conditions: Vec<Attribute>,
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
    /// Whether it speaks of a variable of ours, which is there in one place only.
    pub(super) is_bound: bool,
}

impl Repeated {
    /// An expression without variables.
    pub(super) fn closed(tokens: TokenStream) -> Self {
        let names = HashSet::new();
        Self { tokens, names, is_place: false, is_made: false, is_bound: false }
    }

    /// A variable of ours that is in sight in one place only.
    pub(super) fn bound(name: TokenStream) -> Self {
        Self { is_bound: true, ..Self::closed(name) }
    }

    /// A variable of ours that is declared.
    pub(super) fn variable(name: &Ident) -> Self {
        let names = HashSet::from([name.to_string()]);
        Self { names, ..Self::closed(name.to_token_stream()) }
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
    /// How many variables there have been.
    declared: usize,
    /// The questions that have to wait for the variables that they mention.
    pending: Vec<usize>,
    /// Whether this is the input of a macro that may give its names a meaning of its own.
    pub(super) is_opaque: bool,
    /// The conditions under which this place is there.
    pub(super) conditions: Vec<Attribute>,
}

impl Scope {
    pub(super) fn level(&self) -> usize {
        self.closures.len()
    }

    pub(super) fn declare(&mut self, name: String, is_open: bool, questions: Vec<Asked>) {
        let (level, depth) = (self.level(), self.depth);
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.is_condition) {
            // A question asked in the body would speak of this variable.
            frame
                .questions
                .retain(|question| !self.questions[*question].about.names.contains(&name));
        }
        let (number, parts, target) = (self.declared, Vec::new(), None);
        self.declared += 1;
        self.bindings.push(Binding {
            name,
            number,
            level,
            depth,
            is_open,
            is_told: false,
            questions,
            parts,
            target,
        });
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.bindings.iter().rposition(|binding| binding.name == name)
    }

    /// A variable that is assigned anew holds no longer what it held, if that happens for certain.
    pub(super) fn forget(&mut self, at: usize) {
        let (level, depth) = (self.level(), self.depth);
        let binding = &mut self.bindings[at];
        if binding.level == level && binding.depth == depth {
            binding.questions.clear();
            binding.parts.clear();
        }
    }

    /// Follows a variable by a question that nothing answers but the places where it is shown.
    pub(super) fn follow(&mut self, name: &str) -> Option<usize> {
        let at = self.find(name)?;
        let about = Repeated::bound(TokenStream::new());
        let question = self.add(TokenStream::new(), about, self.level());
        self.bindings[at].questions.push(Asked::about(question));
        Some(question)
    }

    pub(super) fn unfollow(&mut self, name: &str, question: usize) {
        if let Some(at) = self.find(name) {
            self.bindings[at].questions.retain(|asked| asked.question != question);
        }
    }

    pub(super) fn open_frame(&mut self) {
        let (level, visible) = (self.level(), self.bindings.len());
        let questions = Vec::new();
        self.frames.push(Frame { level, visible, is_condition: false, is_end: false, questions });
    }

    /// Opens the frame of a statement, behind which more may be asked if it goes on there.
    pub(super) fn open_statement(&mut self, goes_on: bool) {
        self.open_frame();
        if let Some(frame) = self.frames.last_mut() {
            frame.is_end = !goes_on;
        }
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

    /// Closes the frame of a statement. The second part of its questions is about variables whose type
    /// the statement itself may be the first to tell, and that still mean the same behind it.
    pub(super) fn close_statement(&mut self) -> (Vec<usize>, Vec<usize>) {
        let Some(Frame { visible, questions, .. }) = self.frames.pop() else {
            return (Vec::new(), Vec::new());
        };
        let may_wait = |question: &usize| {
            let names = &self.questions[*question].about.names;
            let found = names.iter().filter_map(|name| self.find(name));
            found.clone().all(|at| at < visible)
                && found.clone().any(|at| !self.bindings[at].is_told)
        };
        let (later, before) = questions.into_iter().partition(may_wait);
        (before, later)
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
        let question = self.add(tokens, about.clone(), level);
        self.frames[at].questions.push(question);
        Some(question)
    }

    /// Asks a question again where a value is shown, together with the value's type: `None` where the
    /// two cannot be asked in one place.
    pub(super) fn ask_of_type(
        &mut self,
        question: usize,
        shown: &Repeated,
        is_calm: bool,
    ) -> Option<usize> {
        let Question { about, level: asked_at, meant, .. } = &self.questions[question];
        if self.is_opaque || about.is_bound || self.meant(&about.names) != *meant {
            return None;
        }
        let found: Vec<usize> = about.names.iter().filter_map(|name| self.find(name)).collect();
        let names = about.names.union(&shown.names).cloned().collect();
        let is_captured = |at: &usize| {
            let binding = &self.bindings[*at];
            self.closures[binding.level..].iter().all(|whole| whole.contains(&binding.name))
        };
        let level = match found.iter().all(is_captured) {
            true => self.level(),
            false if is_calm => found.iter().map(|at| self.level_for(*at)).max()?,
            false => return None,
        };
        if level != *asked_at && !about.is_place {
            return None;
        }
        let at = self.frame(level, &names)?;
        let about = Repeated { names, ..about.clone() };
        let again = self.add(self.questions[question].tokens.clone(), about, level);
        self.questions[again].of_type = Some(shown.tokens.clone());
        self.frames[at].questions.push(again);
        Some(again)
    }

    /// Asks a question as soon as the variables that it mentions are declared.
    pub(super) fn ask_later(&mut self, about: &Repeated, tokens: TokenStream) -> Option<usize> {
        if self.is_opaque {
            return None;
        }
        let question = self.add(tokens, about.clone(), self.level());
        self.pending.push(question);
        Some(question)
    }

    /// The questions that waited, to be asked behind the statement that declares their variables.
    pub(super) fn take_pending(&mut self) -> Vec<usize> {
        for at in 0..self.pending.len() {
            let question = self.pending[at];
            self.questions[question].meant = self.meant(&self.questions[question].about.names);
        }
        mem::take(&mut self.pending)
    }

    /// The variables that names mean at this place.
    fn meant(&self, names: &HashSet<String>) -> HashSet<usize> {
        let found = names.iter().filter_map(|name| self.find(name));
        found.map(|at| self.bindings[at].number).collect()
    }

    /// Asks the questions that waited in the nearest place where their names mean the same.
    pub(super) fn place_pending(&mut self) {
        for question in self.take_pending() {
            if let Some(at) = self.frame(self.level(), &self.questions[question].about.names) {
                self.frames[at].questions.push(question);
            }
        }
    }

    fn add(&mut self, tokens: TokenStream, about: Repeated, level: usize) -> usize {
        let (conditions, shown) = (self.conditions.clone(), Vec::new());
        let (of_type, copy) = (None, None);
        let meant = self.meant(&about.names);
        let question = Question { tokens, about, meant, level, of_type, conditions, shown, copy };
        self.questions.push(question);
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
