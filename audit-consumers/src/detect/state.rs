//! What an engine keeps of what it has seen: what is counted for its rules, and how far it has come.

use std::sync::Arc;

use super::clock::Clock;
use super::group::Group;
use super::rule::{Kind, Rule};
use super::scope::Scope;
use super::sequel::Sequel;

/// All that an engine keeps of what it has seen.
#[derive(Debug)]
pub(super) struct State {
    pub(super) groups: Vec<Group>,
    pub(super) sequels: Vec<Sequel>,
    pub(super) clock: Clock,
    pub(super) next_seq: u64,
}

impl State {
    /// What there is before the event `next_seq`, of which nothing has been seen.
    pub(super) fn new(rules: &[Arc<Rule>], next_seq: u64, clock: Clock) -> Self {
        let place = |id: &str| rules.iter().position(|rule| &*rule.id == id);
        let first_of = |rule: &Rule| match &rule.kind {
            Kind::TemporalOrdered { first } => place(first),
            Kind::EventCount | Kind::ValueCount(_) => None,
        };
        let firsts: Vec<_> = rules.iter().map(|rule| first_of(rule)).collect();
        let (mut groups, mut sequels) = (Vec::<Group>::new(), Vec::new());
        for (index, rule) in rules.iter().enumerate() {
            if let Some(first) = firsts[index] {
                sequels.push(Sequel::new(rule, index, next_seq, first));
                continue;
            }
            let scope = Scope::of(rule);
            let known = groups.iter().position(|group| group.is_for(&scope));
            let known = known.unwrap_or_else(|| {
                groups.push(Group::new(scope));
                groups.len() - 1
            });
            groups[known].join(rule, index, next_seq, firsts.contains(&Some(index)));
        }
        Self { groups, sequels, clock, next_seq }
    }
}
