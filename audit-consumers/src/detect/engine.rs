//! The engine: applies rules to a stream of events, one event at a time, and can be stopped at any.

use audit_runtime::Digest;

use super::clock::Clock;
use super::codec::{Decoder, Encoder};
use super::detector::{Detector, Restored, SnapshotError};
use super::finding::Finding;
use super::hash::{Domain, StateKey};
use super::observed::Observed;
use super::rule::{Kind, Rules, category_bit, outcome_bit};
use super::watch::{Seen, Watch};
use super::window::{ADDRESSES_MAX, Entry, Hit, Place};

/// The first bytes of a snapshot, with the version of its form.
const MAGIC: &[u8; 8] = b"auddet\x00\x01";

/// Applies rules to events; see the [module](super).
#[derive(Debug)]
pub struct Engine {
    key: StateKey,
    watches: Vec<Watch>,
    clock: Clock,
    next_seq: u64,
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
        let watches = rules.into_vec().into_iter().zip(firsts);
        let watches = watches.map(|(rule, first)| Watch::new(rule, first)).collect();
        Self { key, watches, clock: Clock::default(), next_seq: 0 }
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
            let known: &[u8] = if user.known { b"" } else { b"?" };
            hash(Domain::User, &[known, user.realm.as_bytes(), user.id.as_bytes()])
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
        // A rule that begins here is followed at a later event only.
        let mut begun: Vec<(usize, u64)> = Vec::new();
        for (index, watch) in self.watches.iter_mut().enumerate() {
            if let Some(key) = watch.observe(&seen, findings) {
                begun.push((index, key));
            }
        }
        for watch in self.watches.iter_mut().filter(|_| !begun.is_empty()) {
            let begins = begun.iter().find(|(index, _)| watch.first == Some(*index));
            if let Some((_, key)) = begins {
                watch.begin(*key, &seen, findings);
            }
        }
    }

    fn snapshot(&self) -> Vec<u8> {
        let mut out = Encoder(MAGIC.to_vec());
        out.number(self.key.check());
        out.number(self.next_seq);
        out.optional(self.clock.latest_ns);
        out.length(self.watches.len());
        for watch in &self.watches {
            out.text(&watch.rule.id);
            out.digest(&watch.rule.hash);
            out.optional(watch.saturated_ns);
            out.length(watch.table.len());
            watch.table.from_oldest().for_each(|(key, entry)| write_entry(&mut out, key, entry));
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
        let fresh = restored.watches.iter().filter(|(_, kept)| !kept);
        let fresh = fresh.map(|(watch, _)| watch.rule.id.clone()).collect();
        self.clock = restored.clock;
        self.next_seq = next_seq;
        self.watches = restored.watches.into_iter().map(|(watch, _)| watch).collect();
        Ok(Restored { next_seq, fresh })
    }
}

/// What a snapshot holds for the rules of an engine, each with whether it was there.
struct State {
    watches: Vec<(Watch, bool)>,
    clock: Clock,
    next_seq: u64,
}

impl Engine {
    fn read(&self, from: &mut Decoder<'_>) -> Option<State> {
        let fresh = |watch: &Watch| (Watch::new(watch.rule.clone(), watch.first), false);
        let mut state = State {
            watches: self.watches.iter().map(fresh).collect(),
            next_seq: from.number()?,
            clock: Clock { latest_ns: from.optional()? },
        };
        for _ in 0..from.length(48)? {
            let (id, hash) = (from.text()?, from.digest()?);
            let saturated_ns = from.optional()?;
            let is_same =
                |(watch, _): &&mut (Watch, bool)| watch.rule.id == id && watch.rule.hash == hash;
            let mut kept = state.watches.iter_mut().find(is_same);
            for _ in 0..from.length(16)? {
                let (key, entry) = read_entry(from)?;
                if let Some((watch, _)) = &mut kept {
                    *watch.table.touch(key, |_| false).0 = entry;
                }
            }
            if let Some((watch, is_kept)) = kept {
                (watch.saturated_ns, *is_kept) = (saturated_ns, true);
            }
        }
        from.0.is_empty().then_some(state)
    }
}

fn write_entry(out: &mut Encoder, key: u64, entry: &Entry) {
    out.number(key);
    out.optional(entry.emitted_ns);
    out.length(entry.hits.len());
    for hit in &entry.hits {
        out.signed(hit.stamp_ns);
        out.number(hit.seq);
    }
    out.length(entry.values.len());
    entry.values.iter().for_each(|value| out.number(*value));
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
    for _ in 0..from.length(16)? {
        entry.hits.push_back(Hit { stamp_ns: from.signed()?, seq: from.number()? });
    }
    for _ in 0..from.length(8)? {
        entry.values.push_back(from.number()?);
    }
    for _ in 0..from.length(24)?.min(ADDRESSES_MAX) {
        let (hash, stamp_ns) = (from.number()?, from.signed()?);
        entry.places.push(Place { hash, stamp_ns, text: from.text()?.into() });
    }
    Some((key, entry))
}
