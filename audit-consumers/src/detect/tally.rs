//! One way to count the events of a group: its rules look at the same last events of a key.

use std::sync::Arc;

use super::found::Found;
use super::places::Place;
use super::rule::{Field, Kind, Rule};
use super::seen::Seen;
use super::trigger::{NEVER_NS, Trigger};
use super::window::Window;

/// The rules of a group that count events, or those that count the values of one field.
#[derive(Debug)]
pub(super) struct Tally {
    /// Whose values are told apart; every event counts where there is none.
    pub(super) field: Option<Field>,
    /// Which of the group's addresses its findings tell; without any the one of the event.
    pub(super) places: Option<usize>,
    pub(super) rules: Vec<Member>,
    /// How many events the rule that needs most needs.
    pub(super) hits_max: usize,
    /// One for each key.
    windows: Vec<Window>,
    /// When each rule last emitted a finding: for the first key, then for the next.
    emitted_ns: Vec<i64>,
}

/// One of the rules.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) trigger: Trigger,
    /// True if another rule asks whether this one holds.
    is_followed: bool,
}

impl Tally {
    /// A tally of no event yet.
    pub(super) fn of(field: Option<Field>, places: Option<usize>) -> Self {
        let (rules, windows, emitted_ns) = (Vec::new(), Vec::new(), Vec::new());
        Self { field, places, rules, hits_max: 0, windows, emitted_ns }
    }

    /// The field whose values a rule of this kind counts.
    pub(super) fn field(kind: &Kind) -> Option<Field> {
        match kind {
            Kind::ValueCount(field) => Some(*field),
            Kind::EventCount | Kind::TemporalOrdered { .. } => None,
        }
    }

    /// Adds a rule, before there is any key.
    pub(super) fn join(
        &mut self,
        rule: &Arc<Rule>,
        index: usize,
        since_seq: u64,
        is_followed: bool,
    ) {
        self.hits_max = self.hits_max.max(rule.n);
        self.rules.push(Member { trigger: Trigger::new(rule, index, since_seq), is_followed });
    }

    /// Makes room for so many keys.
    pub(super) fn grow(&mut self, rows: usize) {
        self.windows.resize_with(rows, Window::default);
        self.emitted_ns.resize(rows * self.rules.len(), NEVER_NS);
    }

    /// What is kept of the key in a row, and when each rule last emitted a finding for it.
    pub(super) fn row(&self, row: usize) -> (&Window, &[i64]) {
        let width = self.rules.len();
        (&self.windows[row], &self.emitted_ns[row * width..][..width])
    }

    pub(super) fn row_mut(&mut self, row: usize) -> (&mut Window, &mut [i64]) {
        let width = self.rules.len();
        (&mut self.windows[row], &mut self.emitted_ns[row * width..][..width])
    }

    /// Counts an event of the key in a row, if it has a value to count, and adds to `held` the rules that
    /// hold and that another one follows.
    #[inline]
    pub(super) fn count(
        &mut self,
        (row, key): (usize, u64),
        seen: &Seen<'_, '_>,
        places: Option<&[Place]>,
        found: &mut Found<'_>,
        held: &mut Vec<(usize, u64)>,
    ) {
        let window = &mut self.windows[row];
        let gone = match self.field.map(|field| seen.hash(field)) {
            None => window.push(seen.hit(0), self.hits_max),
            Some(Some(value)) => window.push_value(seen.hit(value), self.hits_max),
            Some(None) => return,
        };
        let emitted_ns = &mut self.emitted_ns[row * self.rules.len()..];
        for (Member { trigger, is_followed }, emitted_ns) in self.rules.iter().zip(emitted_ns) {
            if !trigger.holds(window, seen) {
                continue;
            }
            if *is_followed {
                held.push((trigger.index, key));
            }
            if trigger.has_cooled(*emitted_ns, seen) && !trigger.held(window, gone.as_ref(), seen) {
                *emitted_ns = seen.moment.now_ns;
                found.add(trigger.index, trigger.crossed(key, window, places, seen));
            }
        }
    }

    /// Lets what lies in the future of `now_ns` happen now.
    pub(super) fn settle(&mut self, row: usize, now_ns: i64) {
        let (window, emitted_ns) = self.row_mut(row);
        window.settle(now_ns);
        emitted_ns.iter_mut().for_each(|emitted_ns| *emitted_ns = (*emitted_ns).min(now_ns));
    }

    /// Clears a row for another key; each rule for which the old one still counted says so.
    pub(super) fn give_up(&mut self, row: usize, seen: &Seen<'_, '_>, found: &mut Found<'_>) {
        let (window, width) = (&mut self.windows[row], self.rules.len());
        let emitted_ns = &mut self.emitted_ns[row * width..];
        for (member, emitted_ns) in self.rules.iter_mut().zip(emitted_ns) {
            member.trigger.give_up(window.newest(), *emitted_ns, seen, found);
            *emitted_ns = NEVER_NS;
        }
        window.clear();
    }
}
