//! Follows values through methods, functions and assignments.

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::{Expr, ExprCall, ExprCast, ExprField, ExprMethodCall, ExprPath, Member, Pat};

use super::binding::Asked;
use super::pass::{self, Passing};
use super::scope::Repeated;
use super::walk::{Sources, Walk};

impl Walk {
    pub(super) fn method_call(&mut self, call: &mut ExprMethodCall) -> Sources {
        let method = call.method.unraw().to_string();
        let exposes = method == "expose" || call.args.iter().any(pass::exposes);
        let repeated = exposes.then(|| self.repeated(&call.receiver)).flatten();
        let mut receiver = self.value(&mut call.receiver);
        if method == "expose" {
            receiver.extend(self.exposed(repeated.as_ref(), call.method.span()));
        }
        let (mut returned, mut alternatives) = (Sources::new(), Sources::new());
        for argument in &mut call.args {
            match argument {
                Expr::Closure(closure) => {
                    let first = if pass::folds(&method) { &alternatives } else { &receiver };
                    returned.extend(self.closure(closure, &first.clone(), &receiver));
                }
                Expr::Path(path) if self.is_function(path) => {
                    let each =
                        repeated.as_ref().filter(|_| pass::method(&method) == Passing::Mapped);
                    let each = each.map(|all| self.each(all));
                    returned.extend(self.handed_on(path, each.as_ref(), receiver.clone()));
                }
                other => alternatives.extend(self.value(other)),
            }
        }
        if let Some(is_text) = pass::fills(&method) {
            let put = |(asked, span): &(Asked, Span)| (Asked { is_put: !is_text, ..*asked }, *span);
            self.fill(&call.receiver, &alternatives.iter().map(put).collect());
        }
        if method == "clear" {
            self.empty(&call.receiver);
        }
        receiver.retain(|(asked, _)| !asked.is_put || pass::is_part(&method));
        let mut sources = match pass::method(&method) {
            Passing::Nothing => return Sources::new(),
            Passing::Kept => receiver,
            Passing::Derived => derived(receiver),
            Passing::Mapped => Sources::new(),
        };
        if !pass::decides(&method) {
            sources.extend(returned);
        }
        if pass::is_alternative(&method) {
            sources.extend(derived(alternatives));
        }
        sources
    }

    pub(super) fn call(&mut self, call: &mut ExprCall) -> Sources {
        let path = match &*call.func {
            Expr::Path(path) if self.is_function(path) => Some(path.clone()),
            _ => None,
        };
        let exchanges = path.as_ref().and_then(|path| pass::exchanges(&path.path));
        if let (Some(is_given_back), 2) = (exchanges, call.args.len()) {
            return self.exchange(call, is_given_back);
        }
        // A variable that is called is a closure, which tells what it returns.
        let mut sources = self.value(&mut call.func);
        let exposed = call.args.first().filter(|_| pass::exposes(&call.func));
        let repeated = exposed.and_then(|argument| self.repeated(argument));
        let given = self.all(call.args.iter_mut());
        if let Some(path) = path {
            sources.extend(self.handed_on(&path, repeated.as_ref(), given));
        }
        sources
    }

    /// A number of another type is the same number.
    pub(super) fn cast(&mut self, cast: &mut ExprCast) -> Sources {
        let mut sources = self.value(&mut cast.expr);
        sources.iter_mut().for_each(|(asked, _)| asked.is_derived = false);
        sources
    }

    /// True unless the path is a variable.
    fn is_function(&self, path: &ExprPath) -> bool {
        let name = path.path.get_ident();
        name.is_none_or(|name| self.scope.find(&name.unraw().to_string()).is_none())
    }

    /// What a function makes of what it is given, which `repeated` repeats if the function exposes it.
    fn handed_on(
        &mut self,
        function: &ExprPath,
        repeated: Option<&Repeated>,
        given: Sources,
    ) -> Sources {
        let mut sources = match pass::function(&function.path) {
            Passing::Kept => given,
            Passing::Derived => derived(given),
            Passing::Nothing | Passing::Mapped => Sources::new(),
        };
        if let Some(last) = function.path.segments.last().filter(|last| last.ident == "expose") {
            sources.extend(self.exposed(repeated, last.ident.span()));
        }
        sources
    }

    /// What `expose` gives, if it is called on a `Sensitive`.
    fn exposed(&mut self, repeated: Option<&Repeated>, span: Span) -> Option<(Asked, Span)> {
        let repeated = repeated?;
        let (private, base) = (&self.private, &repeated.tokens);
        let tokens = quote!(#private::probe::<{ #private::EXPOSED }, _>(&#base));
        let question = self.scope.ask(repeated, tokens)?;
        Some((Asked::about(question), span))
    }

    /// One of the values of a list.
    pub(super) fn each(&self, all: &Repeated) -> Repeated {
        let (private, tokens) = (&self.private, &all.tokens);
        Repeated { tokens: quote!(#private::each(#tokens)), is_place: false, ..all.clone() }
    }

    /// Walks through `mem::replace` or `mem::swap`.
    fn exchange(&mut self, call: &mut ExprCall, is_given_back: bool) -> Sources {
        let given: Vec<Sources> = call.args.iter_mut().map(|value| self.value(value)).collect();
        let (before, after) = (given[0].clone(), &given[1]);
        self.fill(&call.args[0], after);
        if is_given_back {
            return before;
        }
        self.fill(&call.args[1], &before);
        Sources::new()
    }

    /// Walks through an assignment, which may take a value apart.
    pub(super) fn assignment(&mut self, left: &mut Expr, right: &mut Expr) {
        if let (Expr::Tuple(places), Expr::Tuple(values)) = (&mut *left, &mut *right)
            && places.elems.len() == values.elems.len()
            && !places.elems.iter().any(|place| matches!(place, Expr::Range(_)))
        {
            let each = values.elems.iter_mut().map(|v| (self.repeated(v), self.value(v)));
            let each: Vec<_> = each.collect();
            for (place, (repeated, sources)) in places.elems.iter_mut().zip(each) {
                self.assign(place, repeated.as_ref(), &sources);
            }
            return;
        }
        let repeated = self.repeated(right);
        let sources = self.value(right);
        self.assign(left, repeated.as_ref(), &sources);
    }

    fn assign(&mut self, left: &mut Expr, value: Option<&Repeated>, sources: &Sources) {
        let pattern = match left {
            Expr::Path(_) | Expr::Tuple(_) | Expr::Array(_) | Expr::Call(_) | Expr::Struct(_) => {
                Pat::parse_single.parse2(left.to_token_stream()).ok()
            }
            _ => None,
        };
        if let Some(pattern) = pattern {
            for (name, questions) in self.parts(&pattern, value, sources) {
                self.set(&name, &questions);
            }
            return;
        }
        match left {
            Expr::Tuple(places) => {
                places.elems.iter_mut().for_each(|place| self.assign(place, None, sources));
            }
            Expr::Array(places) => {
                places.elems.iter_mut().for_each(|place| self.assign(place, None, sources));
            }
            place => {
                self.value(place);
                self.fill(place, sources);
            }
        }
    }

    fn set(&mut self, name: &str, questions: &[Asked]) {
        let Some(at) = self.scope.find(name) else {
            return;
        };
        self.scope.forget(at);
        self.scope.bindings[at].fill(None, questions);
    }

    /// A variable that is emptied holds no longer what it held.
    fn empty(&mut self, variable: &Expr) {
        if let Expr::Path(path) = variable
            && let Some(at) =
                path.path.get_ident().and_then(|name| self.scope.find(&name.unraw().to_string()))
        {
            self.scope.forget(at);
        }
    }

    /// What is put into a variable, or into what it refers to, it holds beside what it held before.
    pub(super) fn fill(&mut self, place: &Expr, sources: &Sources) {
        let asked: Vec<Asked> = sources.iter().map(|(asked, _)| *asked).collect();
        let Some((at, part)) = self.place(place).filter(|_| !asked.is_empty()) else {
            return;
        };
        let mut next = Some(at);
        while let Some(at) = next {
            self.scope.bindings[at].fill(part.as_deref(), &asked);
            next = self.scope.bindings[at].target;
        }
    }

    /// What was assigned to a field.
    pub(super) fn assigned(&self, field: &ExprField) -> Vec<Asked> {
        match self.place_of_field(field) {
            Some((at, Some(part))) => self.scope.bindings[at].part(&part).collect(),
            _ => Vec::new(),
        }
    }

    /// The variable of which a place is a part, and the names of the fields that lead there.
    pub(super) fn place(&self, place: &Expr) -> Option<(usize, Option<String>)> {
        match place {
            Expr::Path(path) => {
                let name = path.path.get_ident()?.unraw().to_string();
                Some((self.scope.find(&name)?, None))
            }
            Expr::Field(field) => self.place_of_field(field),
            Expr::Paren(inner) => self.place(&inner.expr),
            Expr::Group(inner) => self.place(&inner.expr),
            Expr::Reference(inner) => self.place(&inner.expr),
            Expr::Unary(inner) => self.place(&inner.expr),
            Expr::Index(inner) => self.place(&inner.expr),
            Expr::Try(inner) => self.place(&inner.expr),
            Expr::Await(inner) => self.place(&inner.base),
            Expr::MethodCall(call) if pass::leads_on(&call.method.to_string()) => {
                self.place(&call.receiver)
            }
            _ => None,
        }
    }

    fn place_of_field(&self, field: &ExprField) -> Option<(usize, Option<String>)> {
        let (at, before) = self.place(&field.base)?;
        let member = match &field.member {
            Member::Named(name) => name.unraw().to_string(),
            Member::Unnamed(at) => at.index.to_string(),
        };
        Some((at, Some(before.map_or(member.clone(), |before| format!("{before}.{member}")))))
    }
}

/// What a method made of values.
fn derived(mut sources: Sources) -> Sources {
    sources.iter_mut().for_each(|(asked, _)| asked.is_derived = true);
    sources
}
