//! Reads the state of an engine for the rules that there are now.
//!
//! What belongs to a rule that is not there any more is read and dropped. A rule that is new counts from
//! the next event on, although what it shares with others may reach further back.

use std::sync::Arc;

use audit_runtime::Digest;

use super::super::clock::Clock;
use super::super::codec::Decoder;
use super::super::group::Group;
use super::super::places::Place;
use super::super::rule::{Field, Rule};
use super::super::state::State;
use super::super::trigger::Trigger;
use super::super::window::Hit;

/// The least that each of these takes, in bytes.
const GROUP: usize = 24;
const TALLY: usize = 16;
const RULE: usize = 56;
const KEY: usize = 8;
const HIT: usize = 24;
const PLACE: usize = 32;

/// The state, and which of the rules were there.
pub(super) fn state(from: &mut Decoder<'_>, rules: &[Arc<Rule>]) -> Option<(State, Vec<bool>)> {
    let next_seq = from.number()?;
    let clock = Clock { now_ns: from.signed()?, latest_ns: from.signed()? };
    let mut state = State::new(rules, next_seq, clock);
    let mut is_kept = vec![false; rules.len()];
    for _ in 0..from.length(GROUP)? {
        group(from, &mut state, &mut is_kept)?;
    }
    for _ in 0..from.length(RULE)? {
        sequel(from, &mut state, &mut is_kept)?;
    }
    from.0.is_empty().then_some((state, is_kept))
}

/// Reads a group into the one that has its rules now: all that makes them one group is in their hashes.
fn group(from: &mut Decoder<'_>, state: &mut State, is_kept: &mut [bool]) -> Option<()> {
    let mut tallies = list(from, TALLY, |from| {
        Some(SavedTally { field: field(from)?, rules: list(from, RULE, rule)?, goes_to: None })
    })?;
    let places = list(from, 8, field)?;
    let mut groups = state.groups.iter_mut();
    let mut group = groups.find(|group| tallies.iter().any(|tally| tally.is_of(group)));
    if let Some(group) = &mut group {
        tallies.iter_mut().for_each(|tally| tally.go_on(group, is_kept));
    }
    for _ in 0..from.length(KEY)? {
        let key = from.number()?;
        let row = group.as_mut().map(|group| group.put(key));
        for tally in &tallies {
            let emitted_ns: Option<Vec<_>> = tally.rules.iter().map(|_| from.signed()).collect();
            let (emitted_ns, hits) = (emitted_ns?, list(from, HIT, hit)?);
            if let (Some(group), Some(row)) = (&mut group, row) {
                tally.put(group, row, &emitted_ns, hits);
            }
        }
        for field in &places {
            let read = list(from, PLACE, place)?;
            let places = group
                .as_mut()
                .and_then(|group| group.places.iter_mut().find(|places| places.field == *field));
            if let (Some(places), Some(row)) = (places, row) {
                read.into_iter().for_each(|place| places.put(row, place));
            }
        }
    }
    Some(())
}

fn sequel(from: &mut Decoder<'_>, state: &mut State, is_kept: &mut [bool]) -> Option<()> {
    let rule = rule(from)?;
    let mut sequel = state.sequels.iter_mut().find(|sequel| rule.is(&sequel.trigger));
    if let Some(sequel) = &mut sequel {
        rule.go_on(&mut sequel.trigger, is_kept);
    }
    for _ in 0..from.length(KEY)? {
        let (key, emitted_ns) = (from.number()?, from.signed()?);
        let hits = list(from, HIT, hit)?;
        if let Some(sequel) = &mut sequel {
            sequel.put(key, emitted_ns, hits);
        }
    }
    Some(())
}

/// A tally as it was saved, and where it is now.
struct SavedTally<'s> {
    field: Option<Field>,
    rules: Vec<SavedRule<'s>>,
    /// The place of the tally in its group, and those of the rules in it that are still there.
    goes_to: Option<(usize, Vec<Option<usize>>)>,
}

impl SavedTally<'_> {
    /// True if one of its rules is in the group.
    fn is_of(&self, group: &Group) -> bool {
        let mut members = group.tallies.iter().flat_map(|tally| &tally.rules);
        members.any(|member| self.rules.iter().any(|rule| rule.is(&member.trigger)))
    }

    /// Lets its rules go on in the group.
    fn go_on(&mut self, group: &mut Group, is_kept: &mut [bool]) {
        let place = group.tallies.iter().position(|tally| tally.field == self.field);
        self.goes_to = place.map(|place| {
            let members = &mut group.tallies[place].rules;
            let mut go_on = |rule: &SavedRule<'_>| {
                let known = members.iter().position(|member| rule.is(&member.trigger))?;
                rule.go_on(&mut members[known].trigger, is_kept);
                Some(known)
            };
            (place, self.rules.iter().map(&mut go_on).collect())
        });
    }

    /// Puts back what is kept of the key in a row.
    fn put(&self, group: &mut Group, row: usize, emitted_ns: &[i64], hits: Vec<Hit>) {
        let Some((place, members)) = &self.goes_to else { return };
        let tally = &mut group.tallies[*place];
        let hits_max = tally.hits_max;
        let (window, emitted_now_ns) = tally.row_mut(row);
        hits.into_iter().for_each(|hit| _ = window.push(hit, hits_max));
        for (member, emitted_ns) in members.iter().zip(emitted_ns) {
            if let Some(member) = member {
                emitted_now_ns[*member] = *emitted_ns;
            }
        }
    }
}

/// A rule as it was saved.
struct SavedRule<'s> {
    id: &'s str,
    hash: Digest,
    since_seq: u64,
    saturated_ns: i64,
}

impl SavedRule<'_> {
    fn is(&self, trigger: &Trigger) -> bool {
        trigger.rule.hash == self.hash && *trigger.rule.id == *self.id
    }

    fn go_on(&self, trigger: &mut Trigger, is_kept: &mut [bool]) {
        (trigger.since_seq, trigger.saturated_ns) = (self.since_seq, self.saturated_ns);
        is_kept[trigger.index] = true;
    }
}

fn rule<'s>(from: &mut Decoder<'s>) -> Option<SavedRule<'s>> {
    let (id, hash) = (from.text()?, from.digest()?);
    Some(SavedRule { id, hash, since_seq: from.number()?, saturated_ns: from.signed()? })
}

fn field(from: &mut Decoder<'_>) -> Option<Option<Field>> {
    let word = from.text()?;
    let known = Field::ALL.into_iter().find(|field| field.word() == word);
    (known.is_some() || word.is_empty()).then_some(known)
}

fn hit(from: &mut Decoder<'_>) -> Option<Hit> {
    Some(Hit { stamp_ns: from.signed()?, seq: from.number()?, value: from.number()? })
}

fn place(from: &mut Decoder<'_>) -> Option<Place> {
    let (hash, stamp_ns, seq) = (from.number()?, from.signed()?, from.number()?);
    Some(Place { hash, stamp_ns, seq, text: from.text()?.into() })
}

/// A list of things that take `bytes_min` each at the least.
fn list<'s, T>(
    from: &mut Decoder<'s>,
    bytes_min: usize,
    one: impl Fn(&mut Decoder<'s>) -> Option<T>,
) -> Option<Vec<T>> {
    (0..from.length(bytes_min)?).map(|_| one(from)).collect()
}
