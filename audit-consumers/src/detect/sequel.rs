//! A rule that looks for what comes after another one has held for the same key.

use std::sync::Arc;

use super::found::Found;
use super::rule::Rule;
use super::scope::Scope;
use super::seen::Seen;
use super::table::{Table, Touched};
use super::trigger::{NEVER_NS, Trigger};
use super::window::{Hit, Window};

/// One rule of the kind `temporal_ordered`.
#[derive(Debug)]
pub(super) struct Sequel {
    scope: Scope,
    pub(super) trigger: Trigger,
    /// The place of the rule that has to hold before.
    first: usize,
    pub(super) table: Table,
    pub(super) rows: Vec<Row>,
}

/// What is kept of one key.
#[derive(Debug)]
pub(super) struct Row {
    /// The last events at which the first rule held.
    pub(super) window: Window,
    /// When a finding was last emitted.
    pub(super) emitted_ns: i64,
}

impl Sequel {
    /// The rule at `index`, which follows the one at `first`.
    pub(super) fn new(rule: &Arc<Rule>, index: usize, since_seq: u64, first: usize) -> Self {
        let (scope, trigger) = (Scope::of(rule), Trigger::new(rule, index, since_seq));
        let table = Table::new(scope.keys_max);
        Self { scope, trigger, first, table, rows: Vec::new() }
    }

    /// Looks whether the first rule has held for the key of an event.
    pub(super) fn observe(&mut self, seen: &Seen<'_, '_>, found: &mut Found<'_>) {
        let key = self.scope.key(seen);
        let Some((key, row)) = key.and_then(|key| Some((key, self.table.find(key)?))) else {
            return;
        };
        let Row { window, emitted_ns } = &mut self.rows[row];
        settle(window, emitted_ns, seen);
        let since_ns = self.trigger.since_ns(seen);
        let has_held = window.newest().is_some_and(|held| held.stamp_ns > since_ns);
        if has_held && self.trigger.has_cooled(*emitted_ns, seen) {
            *emitted_ns = seen.moment.now_ns;
            found.add(self.trigger.index, self.trigger.followed(key, window, seen));
        }
    }

    /// Notes that rules hold, each for a key, if one of them is the first rule. It is seen at a later
    /// event only.
    pub(super) fn begin(
        &mut self,
        held: &[(usize, u64)],
        seen: &Seen<'_, '_>,
        found: &mut Found<'_>,
    ) {
        let Some((_, key)) = held.iter().find(|(index, _)| *index == self.first) else { return };
        let (row, hits_max) = (self.touch(*key, seen, found), self.hits_max());
        let Row { window, emitted_ns } = &mut self.rows[row];
        settle(window, emitted_ns, seen);
        window.push(seen.hit(0), hits_max);
    }

    /// Puts back what is kept of a key, which is the newest from now on.
    pub(super) fn put(&mut self, key: u64, emitted_ns: i64, hits: Vec<Hit>) {
        let row = self.table.touch(key).place();
        self.rows.resize_with(self.table.len(), Row::default);
        let hits_max = self.hits_max();
        self.rows[row].emitted_ns = emitted_ns;
        hits.into_iter().for_each(|hit| _ = self.rows[row].window.push(hit, hits_max));
    }

    fn hits_max(&self) -> usize {
        self.trigger.rule.exemplars.max(1)
    }

    /// The row of a key, which is the newest from now on.
    fn touch(&mut self, key: u64, seen: &Seen<'_, '_>, found: &mut Found<'_>) -> usize {
        match self.table.touch(key) {
            Touched::Known(row) => row,
            Touched::New(row) => {
                self.rows.push(Row::default());
                row
            }
            Touched::Taken(row) => {
                let Row { window, emitted_ns } = &mut self.rows[row];
                self.trigger.give_up(window.newest(), *emitted_ns, seen, found);
                window.clear();
                *emitted_ns = NEVER_NS;
                row
            }
        }
    }
}

impl Default for Row {
    fn default() -> Self {
        Self { window: Window::default(), emitted_ns: NEVER_NS }
    }
}

/// Lets what lies in the future happen now.
fn settle(window: &mut Window, emitted_ns: &mut i64, seen: &Seen<'_, '_>) {
    if seen.moment.is_back {
        window.settle(seen.moment.now_ns);
        *emitted_ns = (*emitted_ns).min(seen.moment.now_ns);
    }
}
