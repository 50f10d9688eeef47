//! One pass over a text: places that a filter names are looked at closely, and secrets replaced.

use std::borrow::Cow;

use crate::filter::{Filter, Hit};
use crate::kind::Caught;
use crate::rules::Rule;
use crate::text::{Found, Text};
use crate::{authorization, curl, jwt, numbers, pairs, pem, runs, tokens, url};

/// A text without the secrets that were found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scrubbed<'a> {
    /// The text; borrowed if nothing was found.
    pub text: Cow<'a, str>,
    /// What was replaced.
    pub caught: Caught,
}

/// Replaces the secrets in `text` by marks.
///
/// Reads the text once, in time that grows with its length and with nothing else. Scrub before a text
/// is cut: half a secret is not found.
pub fn scrub(text: &str) -> Scrubbed<'_> {
    let mut places = Places::new(text.as_bytes());
    let Some(first) = places.next() else {
        return Scrubbed { text: Cow::Borrowed(text), caught: Caught::nothing() };
    };
    let mut out = String::with_capacity(text.len());
    let mut caught = Caught::nothing();
    let mut written = 0;
    let mut next = Some(first);
    while let Some(found) = next {
        out.push_str(text.get(written..found.place.start).unwrap_or_default());
        out.push_str(found.kind.mark());
        caught.count(found.kind);
        written = found.place.end;
        next = places.next();
    }
    out.push_str(text.get(written..).unwrap_or_default());
    Scrubbed { text: Cow::Owned(out), caught }
}

/// The secrets of a text, in order, none over another.
struct Places<'a> {
    text: Text<'a>,
    filter: &'static Filter,
    /// The next place that each of the two filters names.
    gram: Option<Hit>,
    run: Option<usize>,
    /// What was found, behind places that are still to be looked at.
    waiting: Option<Found>,
}

impl<'a> Places<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let filter = Filter::of_all_rules();
        let gram = filter.next(bytes, 0);
        let run = runs::next(bytes, 0);
        Self { text: Text::new(bytes), filter, gram, run, waiting: None }
    }

    fn next(&mut self) -> Option<Found> {
        loop {
            let place = self.next_place();
            if let Some(waiting) = self.waiting.take() {
                if place.is_none_or(|place| place >= waiting.place.start) {
                    return Some(self.settle(waiting));
                }
                self.waiting = Some(waiting);
            }
            place?;
            let Some(found) = self.look() else { continue };
            match self.waiting.take() {
                None => self.waiting = Some(found),
                Some(waiting) if found.place.end <= waiting.place.start => {
                    self.waiting = Some(waiting);
                    return Some(self.settle(found));
                }
                // What overlaps is one secret, of the kind that begins first.
                Some(waiting) => self.waiting = Some(joined(found, waiting)),
            }
        }
    }

    fn next_place(&self) -> Option<usize> {
        let gram = self.gram.as_ref().map(|hit| hit.place);
        match (gram, self.run) {
            (Some(gram), Some(run)) => Some(gram.min(run)),
            (gram, run) => gram.or(run),
        }
    }

    /// Looks at the next place, and finds the one after it.
    fn look(&mut self) -> Option<Found> {
        let text = self.text;
        let run = self.run.filter(|run| self.gram.as_ref().is_none_or(|hit| *run < hit.place));
        if let Some(run) = run {
            let (found, end) = numbers::in_run(&text, run);
            self.run = runs::next(text.bytes(), found.as_ref().map_or(end, |it| it.place.end));
            return found;
        }
        let hit = self.gram.take()?;
        self.gram = self.filter.next(text.bytes(), hit.place + 1);
        let mut found = hit.rules().filter_map(|(rule, start)| at(&text, rule, start));
        let first = found.next()?;
        Some(found.fold(first, |one, other| if longer(&other, &one) { other } else { one }))
    }

    fn settle(&mut self, found: Found) -> Found {
        let end = found.place.end;
        self.text.settle(end);
        let bytes = self.text.bytes();
        if self.gram.as_ref().is_some_and(|hit| hit.place < end) {
            self.gram = self.filter.next(bytes, end);
        }
        if self.run.is_some_and(|run| run < end) {
            self.run = runs::next(bytes, end);
        }
        found
    }
}

fn longer(one: &Found, other: &Found) -> bool {
    one.place.len() > other.place.len()
}

fn joined(one: Found, other: Found) -> Found {
    let place = one.place.start.min(other.place.start)..one.place.end.max(other.place.end);
    let kind = if one.place.start <= other.place.start { one.kind } else { other.kind };
    Found { place, kind }
}

/// What `rule` finds where its word begins at `start`.
fn at(text: &Text<'_>, rule: Rule, start: usize) -> Option<Found> {
    if start < text.floor() {
        return None;
    }
    match rule {
        Rule::Pair => pairs::at(text, start),
        Rule::Token(format) => tokens::at(text, format, start),
        Rule::Jwt => jwt::at(text, start),
        Rule::PrivateKey => pem::at(text, start),
        Rule::Url => url::at(text, start),
        Rule::Bearer => authorization::bearer(text, start),
        Rule::Basic => authorization::basic(text, start),
        Rule::Curl => curl::at(text, start),
        Rule::Ssn => numbers::ssn(text, start),
        Rule::Telegram => tokens::telegram(text, start),
        Rule::Mailchimp => tokens::mailchimp(text, start),
        Rule::AzureClient => tokens::azure_client(text, start),
        Rule::Discord => tokens::discord(text, start),
    }
}
