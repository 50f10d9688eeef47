//! One pass over a text: places that a filter names are looked at closely, and told if they are secrets.

use crate::filter::{Filter, Hit};
use crate::names::Names;
use crate::rules::Rule;
use crate::runs::Runs;
use crate::text::{Found, Text};
use crate::{authorization, curl, jwt, named, numbers, pairs, pem, tokens, url};

/// The secrets of a text, in order, none over another.
pub(crate) struct Places<'a> {
    text: Text<'a>,
    filter: &'static Filter,
    runs: Runs,
    /// The next place that each of the two filters names.
    gram: Option<Hit>,
    run: Option<usize>,
    /// What was found, behind places that are still to be looked at.
    waiting: Option<Found>,
    names: Names<'a>,
}

impl<'a> Places<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        let filter = Filter::of_all_rules();
        let gram = filter.next(bytes, 0);
        let mut runs = Runs::default();
        let run = runs.next(bytes, 0);
        let (text, names) = (Text::new(bytes), Names::default());
        Self { text, filter, runs, gram, run, waiting: None, names }
    }

    /// What overlaps is one secret, of the kind that begins first.
    fn wait_for(&mut self, found: Found) {
        self.waiting = Some(match self.waiting.take() {
            Some(waiting) => joined(found, waiting),
            None => found,
        });
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
            let end = found.as_ref().map_or(end, |it| it.place.end);
            self.run = self.runs.next(text.bytes(), end);
            return found;
        }
        let hit = self.gram.take()?;
        self.gram = self.filter.next(text.bytes(), hit.place + 1);
        let mut found = hit.rules().filter_map(|(rule, start)| self.at(rule, start));
        let first = found.next()?;
        Some(found.fold(first, |one, other| if longer(&other, &one) { other } else { one }))
    }

    /// What `rule` finds where its word begins at `start`.
    fn at(&mut self, rule: Rule, start: usize) -> Option<Found> {
        let text = &self.text;
        if start < text.floor() {
            return None;
        }
        match rule {
            Rule::Pair => pairs::at(text, &mut self.names, start)?.secret(text),
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
            Rule::Named(word) => named::at(text, word, start),
        }
    }

    fn settle(&mut self, found: Found) -> Found {
        let end = found.place.end;
        self.text.settle(end);
        let bytes = self.text.bytes();
        if self.gram.as_ref().is_some_and(|hit| hit.place < end) {
            self.gram = self.filter.next(bytes, end);
        }
        if self.run.is_some_and(|run| run < end) {
            self.run = self.runs.next(bytes, end);
        }
        found
    }
}

impl Iterator for Places<'_> {
    type Item = Found;

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
            let comes_first = |waiting: &Found| found.place.end <= waiting.place.start;
            if self.waiting.as_ref().is_some_and(comes_first) {
                return Some(self.settle(found));
            }
            self.wait_for(found);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A look-up takes as long as ten thousand bytes of other text.
    #[test]
    fn a_name_that_is_repeated_is_looked_up_once() {
        for name in
            ["password:", "token=", "pin:", "://password:", "PGPASSWORD: ", "\"pin\": \"a\", "]
        {
            let text = name.repeat(2_000);
            let mut places = Places::new(text.as_bytes());
            while places.next().is_some() {}
            let looked_up = places.names.looked_up;
            assert!((1..4).contains(&looked_up), "{name}: {looked_up}");
        }
    }

    /// The values of such a text reach as far as a value may, each up to the same mark.
    #[test]
    fn a_long_value_before_a_mark_is_read_once() {
        let text = format!("{}[REDACTED:card]", "token=a8Zk20fjQ9x".repeat(500));
        let mut places = Places::new(text.as_bytes());
        let mut found = 0;
        while places.next().is_some() {
            found += 1;
        }
        assert_eq!(found, 1);
    }
}
