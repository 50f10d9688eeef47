//! Rules that look at the same events by the same key: they share its lookup, and each has its own entry for it.

use super::rule::Kind;
use super::table::{Table, Touched};
use super::watch::{Found, Seen, Watch};
use super::window::Entry;

/// The keys of some rules, and an entry of each rule for each key.
#[derive(Debug)]
pub(super) struct Group {
    /// The places of its rules in the engine.
    members: Vec<usize>,
    table: Table,
    /// The entries of the first key, one for each member, then those of the next.
    entries: Vec<Entry>,
}

impl Group {
    /// Groups rules whose keys are the same at all times: what decides which events touch which keys,
    /// and which key makes room, is the same for all of a group.
    pub(super) fn all(watches: &[Watch]) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        for (index, watch) in watches.iter().enumerate() {
            let same = groups.iter_mut().find(|group| {
                let lead = group.members.first().and_then(|lead| watches.get(*lead));
                lead.is_some_and(|lead| has_same_keys(lead, watch))
            });
            match same {
                Some(group) => group.members.push(index),
                None => groups.push(Self {
                    members: vec![index],
                    table: Table::new(watch.rule.keys_max),
                    entries: Vec::new(),
                }),
            }
        }
        groups
    }

    /// Shows an event to the rules, and adds to `held` those that hold for its key and that another
    /// rule follows.
    pub(super) fn observe(
        &mut self,
        watches: &mut [Watch],
        seen: &Seen<'_, '_>,
        found: &mut Found,
        held: &mut Vec<(usize, u64)>,
    ) {
        let Some(lead) = self.members.first().and_then(|lead| watches.get(*lead)) else {
            return;
        };
        let Some(key) = lead.concerns(seen).then(|| lead.key(seen)).flatten() else {
            return;
        };
        if lead.first.is_some() {
            let entry = self.table.find(key).and_then(|place| self.entries.get_mut(place));
            let watch = self.members.first().and_then(|lead| watches.get_mut(*lead));
            if let (Some(entry), Some(watch)) = (entry, watch) {
                watch.follow(entry, key, seen, found);
            }
            return;
        }
        for (member, entry) in self.touch(key, watches, seen, found) {
            let watch = &mut watches[member];
            if watch.count(entry, key, seen, found) && watch.is_followed {
                held.push((member, key));
            }
        }
    }

    /// Notes that the rule which that of this group follows holds for a key.
    pub(super) fn begin(
        &mut self,
        key: u64,
        watches: &mut [Watch],
        seen: &Seen<'_, '_>,
        found: &mut Found,
    ) {
        for (member, entry) in self.touch(key, watches, seen, found) {
            watches[member].begin(entry, seen);
        }
    }

    pub(super) fn members(&self) -> &[usize] {
        &self.members
    }

    /// The entries of a member, the one that was touched longest ago first.
    pub(super) fn entries(&self, member: usize) -> impl Iterator<Item = (u64, &Entry)> {
        let offset = self.members.iter().position(|known| *known == member);
        let at = move |place| self.entries.get(place * self.members.len() + offset?);
        self.table.oldest_first().filter_map(move |(key, place)| Some((key, at(place)?)))
    }

    pub(super) fn keys(&self) -> usize {
        self.table.len()
    }

    /// Puts back an entry of a member, which is the newest from now on.
    pub(super) fn put(&mut self, member: usize, key: u64, entry: Entry) {
        let width = self.members.len();
        let (Touched::Known(place) | Touched::New(place) | Touched::Taken(place)) =
            self.table.touch(key);
        self.entries.resize_with(self.table.len() * width, Entry::default);
        let offset = self.members.iter().position(|known| *known == member);
        let room = offset.and_then(|offset| self.entries.get_mut(place * width + offset));
        if let Some(room) = room {
            *room = entry;
        }
    }

    /// The members with their entries of a key, which is the newest from now on. Each member says so
    /// if an entry of another key that still counted had to go for it.
    fn touch<'g>(
        &'g mut self,
        key: u64,
        watches: &mut [Watch],
        seen: &Seen<'_, '_>,
        found: &mut Found,
    ) -> impl Iterator<Item = (usize, &'g mut Entry)> + use<'g> {
        let width = self.members.len();
        let touched = self.table.touch(key);
        if let Touched::New(place) = touched {
            self.entries.resize_with((place + 1) * width, Entry::default);
        }
        let (Touched::Known(place) | Touched::New(place) | Touched::Taken(place)) = touched;
        let entries = &mut self.entries[place * width..(place + 1) * width];
        for (member, entry) in self.members.iter().zip(entries.iter_mut()) {
            if let Touched::Taken(_) = touched {
                watches[*member].give_up(entry, seen, found);
            }
            entry.settle(seen.moment.now_ns);
        }
        self.members.iter().copied().zip(entries)
    }
}

fn has_same_keys(left: &Watch, right: &Watch) -> bool {
    let (left, right) = (&left.rule, &right.rule);
    let counts = |kind: &Kind| !matches!(kind, Kind::TemporalOrdered { .. });
    counts(&left.kind)
        && counts(&right.kind)
        && left.by == right.by
        && left.events == right.events
        && left.lateness_s == right.lateness_s
        && left.allow == right.allow
        && left.keys_max == right.keys_max
}
