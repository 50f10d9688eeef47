//! Rules that look at the same events by the same key: they share its lookup, and what is kept of it.

use std::sync::Arc;

use super::found::Found;
use super::places::Places;
use super::rule::{Field, Rule};
use super::scope::Scope;
use super::seen::Seen;
use super::table::{Table, Touched};
use super::tally::Tally;

/// Rules that count, all with one scope.
#[derive(Debug)]
pub(super) struct Group {
    scope: Scope,
    /// The keys; the place of each is its row in all that follows.
    pub(super) table: Table,
    pub(super) tallies: Vec<Tally>,
    pub(super) places: Vec<Places>,
}

impl Group {
    /// A group for rules with this scope.
    pub(super) fn new(scope: Scope) -> Self {
        let table = Table::new(scope.keys_max);
        Self { scope, table, tallies: Vec::new(), places: Vec::new() }
    }

    /// Adds a rule, before there is any key.
    pub(super) fn join(
        &mut self,
        rule: &Arc<Rule>,
        index: usize,
        since_seq: u64,
        is_followed: bool,
    ) {
        let field = Tally::field(&rule.kind);
        let known = self.tallies.iter().position(|tally| tally.field == field);
        let known = known.unwrap_or_else(|| {
            let places = self.places_for(field);
            self.tallies.push(Tally::of(field, places));
            self.tallies.len() - 1
        });
        self.tallies[known].join(rule, index, since_seq, is_followed);
    }

    /// Which addresses are told where values of a field are counted: those of the events that have it,
    /// unless they are the key, or stand there anyway.
    fn places_for(&mut self, field: Option<Field>) -> Option<usize> {
        if self.scope.is_by_address() {
            return None;
        }
        let field = field.filter(|field| *field != Field::Address);
        let known = self.places.iter().position(|places| places.field == field);
        Some(known.unwrap_or_else(|| {
            self.places.push(Places::of(field));
            self.places.len() - 1
        }))
    }

    /// True if a rule with this scope belongs here.
    pub(super) fn is_for(&self, scope: &Scope) -> bool {
        self.scope == *scope
    }

    /// Shows an event to the rules, and adds to `held` those that hold for its key and that another
    /// rule follows.
    pub(super) fn observe(
        &mut self,
        seen: &Seen<'_, '_>,
        found: &mut Found<'_>,
        held: &mut Vec<(usize, u64)>,
    ) {
        let Some(key) = self.scope.key(seen) else { return };
        let row = self.touch(key, seen, found);
        self.places.iter_mut().for_each(|places| places.note(row, seen));
        for tally in &mut self.tallies {
            let places = tally.places.map(|places| self.places[places].row(row));
            tally.count((row, key), seen, places, found, held);
        }
    }

    /// The row of a key that was saved, which is the newest from now on.
    pub(super) fn put(&mut self, key: u64) -> usize {
        let row = self.table.touch(key).place();
        self.grow(self.table.len());
        row
    }

    /// Makes room for so many keys.
    fn grow(&mut self, rows: usize) {
        self.tallies.iter_mut().for_each(|tally| tally.grow(rows));
        self.places.iter_mut().for_each(|places| places.grow(rows));
    }

    /// The row of a key, which is the newest from now on.
    fn touch(&mut self, key: u64, seen: &Seen<'_, '_>, found: &mut Found<'_>) -> usize {
        match self.table.touch(key) {
            Touched::Known(row) => {
                if seen.moment.is_back {
                    self.settle(row, seen.moment.now_ns);
                }
                row
            }
            Touched::New(row) => {
                self.grow(row + 1);
                row
            }
            Touched::Taken(row) => {
                self.tallies.iter_mut().for_each(|tally| tally.give_up(row, seen, found));
                self.places.iter_mut().for_each(|places| places.clear(row));
                row
            }
        }
    }

    /// Lets what lies in the future of `now_ns` happen now: the clock was wrong, and has gone back.
    fn settle(&mut self, row: usize, now_ns: i64) {
        self.tallies.iter_mut().for_each(|tally| tally.settle(row, now_ns));
        self.places.iter_mut().for_each(|places| places.settle(row, now_ns));
    }
}
