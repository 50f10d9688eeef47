//! The engine: applies rules to a stream of events, one event at a time, and can be stopped at any.

use audit_runtime::Digest;

use super::clock::Clock;
use super::codec::{Decoder, Encoder};
use super::detector::{Detector, Restored, SnapshotError};
use super::finding::Finding;
use super::group::Group;
use super::hash::{Domain, StateKey};
use super::observed::Observed;
use super::rule::{Kind, Rules, category_bit, outcome_bit};
use super::watch::{Found, Seen, Watch};
use super::window::{ADDRESSES_MAX, Entry, Hit, Place};

/// The first bytes of a snapshot, with the version of its form.
const MAGIC: &[u8; 8] = b"auddet\x00\x01";

/// Applies rules to events; see the [module](super).
#[derive(Debug)]
pub struct Engine {
    key: StateKey,
    watches: Vec<Watch>,
    groups: Vec<Group>,
    clock: Clock,
    next_seq: u64,
    /// Empty but while an event is looked at; kept for their memory.
    found: Found,
    held: Vec<(usize, u64)>,
}

impl Engine {
    /// An engine that has seen nothing yet. `key` is the key of the hashes in its state.
    pub fn new(rules: Rules, key: StateKey) -> Self {
        let firsts: Vec<_> = rules
            .iter()
            .map(|rule| match &rule.kind {
                Kind::TemporalOrdered { first } => rules.position(first),
                _ => None,
            })
            .collect();
        let watch =
            |(index, rule)| Watch::new(rule, index, firsts[index], firsts.contains(&Some(index)));
        let watches: Vec<Watch> = rules.into_vec().into_iter().enumerate().map(watch).collect();
        let groups = Group::all(&watches);
        let (clock, next_seq) = (Clock::default(), 0);
        Self { key, watches, groups, clock, next_seq, found: Vec::new(), held: Vec::new() }
    }

    /// The number of the event that comes next; what is below it is ignored.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    /// The keyed hashes of user, address and target. Those of a drill are others than those of real
    /// events, so the two never meet in a key.
    fn hashes(&self, event: &Observed<'_>) -> [Option<u64>; 3] {
        let key = event.drill.as_deref().map_or(self.key, |drill| self.key.of_drill(drill));
        let hash = |domain, parts: &[&[u8]]| key.hash(domain, parts);
        let user = event.user.as_ref().map(|user| {
            let domain = if user.known { Domain::User } else { Domain::UnknownUser };
            hash(domain, &[user.realm.as_bytes(), user.id.as_bytes()])
        });
        let address = event.address.as_ref();
        let address = address.map(|address| hash(Domain::Address, &[address.text.as_bytes()]));
        let target = event.target.as_ref();
        let target = target.map(|target| hash(Domain::Target, &[target.as_bytes()]));
        [user, address, target]
    }
}

impl Detector for Engine {
    fn name(&self) -> &str {
        "rules"
    }

    fn observe(&mut self, event: &Observed<'_>, findings: &mut Vec<Finding>) {
        // What is delivered again has been counted.
        if event.seq < self.next_seq {
            return;
        }
        self.next_seq = event.seq.saturating_add(1);
        let seen = Seen {
            event,
            moment: self.clock.advance(event),
            category: category_bit(event.category),
            outcome: outcome_bit(event.outcome),
            hashes: self.hashes(event),
        };
        let Self { watches, groups, found, held, .. } = self;
        for group in groups.iter_mut() {
            group.observe(watches, &seen, found, held);
        }
        // Groups are not in the order of the rules.
        found.sort_by_key(|(index, _)| *index);
        findings.extend(found.drain(..).map(|(_, finding)| finding));
        if !held.is_empty() {
            begin(groups, watches, held, &seen, found);
            findings.extend(found.drain(..).map(|(_, finding)| finding));
            held.clear();
        }
    }

    fn snapshot(&self) -> Vec<u8> {
        let mut out = Encoder(MAGIC.to_vec());
        out.number(self.key.check());
        out.number(self.next_seq);
        out.optional(self.clock.latest_ns);
        out.length(self.watches.len());
        for (index, watch) in self.watches.iter().enumerate() {
            out.text(&watch.rule.id);
            out.digest(&watch.rule.hash);
            out.optional(watch.saturated_ns);
            let group = self.groups.iter().find(|group| group.members().contains(&index));
            out.length(group.map_or(0, Group::keys));
            let entries = group.into_iter().flat_map(|group| group.entries(index));
            entries.for_each(|(key, entry)| write_entry(&mut out, key, entry));
        }
        let digest = Digest::of(&out.0);
        out.digest(&digest);
        out.0
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<Restored, SnapshotError> {
        let (magic, rest) = snapshot.split_at_checked(MAGIC.len()).ok_or(SnapshotError::Damaged)?;
        if magic != MAGIC {
            return Err(SnapshotError::Version);
        }
        let body = rest.len().checked_sub(32).ok_or(SnapshotError::Damaged)?;
        let (covered, digest) = snapshot.split_at(MAGIC.len() + body);
        if Digest::of(covered).as_bytes() != digest {
            return Err(SnapshotError::Damaged);
        }
        let mut from = Decoder(&rest[..body]);
        if from.number() != Some(self.key.check()) {
            return Err(SnapshotError::Key);
        }
        let restored = self.read(&mut from).ok_or(SnapshotError::Damaged)?;
        let next_seq = restored.next_seq;
        let fresh = restored.watches.iter().zip(&restored.kept).filter(|(_, kept)| !**kept);
        let fresh = fresh.map(|(watch, _)| watch.rule.id.to_string()).collect();
        (self.watches, self.groups) = (restored.watches, restored.groups);
        (self.clock, self.next_seq) = (restored.clock, next_seq);
        Ok(Restored { next_seq, fresh })
    }
}

/// Tells the rules that follow one which holds. They see it at a later event only.
fn begin(
    groups: &mut [Group],
    watches: &mut [Watch],
    held: &[(usize, u64)],
    seen: &Seen<'_, '_>,
    found: &mut Found,
) {
    for group in groups.iter_mut() {
        let follower = group.members().first().and_then(|lead| watches.get(*lead));
        let first = follower.and_then(|watch| watch.first);
        if let Some((_, key)) = held.iter().find(|(index, _)| first == Some(*index)) {
            group.begin(*key, watches, seen, found);
        }
    }
}

/// What a snapshot holds for the rules of an engine.
struct State {
    watches: Vec<Watch>,
    groups: Vec<Group>,
    /// Which of the rules were there.
    kept: Vec<bool>,
    clock: Clock,
    next_seq: u64,
}

impl Engine {
    fn read(&self, from: &mut Decoder<'_>) -> Option<State> {
        let watches: Vec<Watch> = self.watches.iter().map(Watch::afresh).collect();
        let mut state = State {
            groups: Group::all(&watches),
            kept: vec![false; watches.len()],
            watches,
            next_seq: from.number()?,
            clock: Clock { latest_ns: from.optional()? },
        };
        for _ in 0..from.length(48)? {
            state.read_rule(from)?;
        }
        from.0.is_empty().then_some(state)
    }
}

impl State {
    /// Reads what is kept for one rule, and passes over that of a rule that is not there any more.
    fn read_rule(&mut self, from: &mut Decoder<'_>) -> Option<()> {
        let (id, hash) = (from.text()?, from.digest()?);
        let saturated_ns = from.optional()?;
        let is_same = |watch: &Watch| &*watch.rule.id == id && watch.rule.hash == hash;
        let index = self.watches.iter().position(is_same);
        let mut group = index.and_then(|index| {
            let group = self.groups.iter_mut().find(|group| group.members().contains(&index));
            group.map(|group| (index, group))
        });
        for _ in 0..from.length(16)? {
            let (key, entry) = read_entry(from)?;
            if let Some((index, group)) = &mut group {
                group.put(*index, key, entry);
            }
        }
        if let Some(index) = index {
            (self.watches[index].saturated_ns, self.kept[index]) = (saturated_ns, true);
        }
        Some(())
    }
}

fn write_entry(out: &mut Encoder, key: u64, entry: &Entry) {
    out.number(key);
    out.optional(entry.emitted_ns);
    out.length(entry.hits.len());
    for hit in &entry.hits {
        out.signed(hit.stamp_ns);
        out.number(hit.seq);
        out.number(hit.value);
    }
    out.length(entry.places.len());
    for place in &entry.places {
        out.number(place.hash);
        out.signed(place.stamp_ns);
        out.text(&place.text);
    }
}

fn read_entry(from: &mut Decoder<'_>) -> Option<(u64, Entry)> {
    let key = from.number()?;
    let mut entry = Entry { emitted_ns: from.optional()?, ..Entry::default() };
    for _ in 0..from.length(24)? {
        let (stamp_ns, seq, value) = (from.signed()?, from.number()?, from.number()?);
        entry.hits.push_back(Hit { stamp_ns, seq, value });
    }
    for _ in 0..from.length(24)?.min(ADDRESSES_MAX) {
        let (hash, stamp_ns) = (from.number()?, from.signed()?);
        entry.places.push(Place { hash, stamp_ns, text: from.text()?.into() });
    }
    Some((key, entry))
}
