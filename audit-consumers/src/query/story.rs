//! The whole story of one request: its records, and those that caused them or followed from them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use audit_runtime::journal::Reader;
use audit_runtime::{EventId, Record};

use super::asking::{SearchError, Skip};
use super::page::Match;
use super::prefilter::Prefilter;
use super::scan::Scan;
use super::walk::Walk;
use super::when::Window;

/// How many records a story has at most.
const RECORDS_MAX: usize = 10_000;
/// How often the journal is read for links of links.
const PASSES_MAX: u32 = 16;
/// With more ids than this, lines are chosen by the names of the links instead.
const LITERALS_MAX: usize = 32;

/// What a story is asked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoryOf {
    /// The correlation id that its records share.
    Correlation(String),
    /// One of its records, by number.
    Seq(u64),
    /// One of its records, by its own id.
    Id(EventId),
}

/// Records that belong together, each under the one that led to it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Story {
    /// The correlation id, if its records have one.
    pub correlation_id: Option<String>,
    /// The records: causes before what follows from them, and else in their order.
    pub told: Vec<Told>,
    /// True if there are more links than were followed.
    pub is_cut: bool,
    /// What the last pass through the journal has read.
    pub scan: Scan,
    /// How many passes there were: one for the id, and one for the links of each new record.
    pub passes: u32,
}

/// One record of a story.
#[derive(Clone, Debug)]
pub struct Told {
    /// The record and its line.
    pub found: Match,
    /// Under how many others it stands.
    pub depth: usize,
}

impl Story {
    /// Finds the story in the journal that `reader` reads.
    ///
    /// # Errors
    /// Fails when the journal cannot be read. Damage is told by the [`Scan`].
    pub fn find(reader: &Reader, of: &StoryOf) -> Result<Self, SearchError> {
        let mut links = Links::of(of);
        let mut found = BTreeMap::new();
        let mut passes = 0;
        loop {
            let known = found.len();
            passes += 1;
            let scan = pass(reader, &links, &mut found)?;
            for one in found.values() {
                links.follow(&one.record);
            }
            let is_cut = found.len() >= RECORDS_MAX || passes == PASSES_MAX;
            if (found.len() == known && !links.is_new()) || is_cut {
                let told = tell(found);
                return Ok(Self {
                    correlation_id: links.correlation_id,
                    told,
                    is_cut,
                    scan,
                    passes,
                });
            }
        }
    }
}

/// What leads from record to record.
#[derive(Default)]
struct Links {
    correlation_id: Option<String>,
    seq: Option<u64>,
    /// The ids of the story's records, and those that they name.
    ids: BTreeSet<EventId>,
    /// How many there were in the last pass, the correlation id included.
    followed: usize,
}

impl Links {
    fn of(of: &StoryOf) -> Self {
        match of {
            StoryOf::Correlation(id) => {
                Self { correlation_id: Some(id.clone()), followed: 1, ..Self::default() }
            }
            StoryOf::Seq(seq) => Self { seq: Some(*seq), ..Self::default() },
            StoryOf::Id(id) => Self { ids: [*id].into(), followed: 1, ..Self::default() },
        }
    }

    fn follow(&mut self, record: &Record) {
        // A story has the correlation id of the record that it was asked by, and of no other.
        let is_asked = self.seq == Some(record.seq) || self.ids.first() == Some(&record.id);
        if self.correlation_id.is_none() && is_asked {
            self.correlation_id.clone_from(&record.correlation_id);
        }
        self.ids.insert(record.id);
        self.ids.extend(record.intent_id);
        self.ids.extend(record.causation_id);
    }

    /// True if there is something to follow that the last pass did not know.
    fn is_new(&mut self) -> bool {
        let links = self.ids.len() + usize::from(self.correlation_id.is_some());
        std::mem::replace(&mut self.followed, links) != links
    }

    fn lead_to(&self, record: &Record) -> bool {
        let is_linked = |id: &EventId| self.ids.contains(id);
        self.seq == Some(record.seq)
            || (self.correlation_id.is_some() && self.correlation_id == record.correlation_id)
            || is_linked(&record.id)
            || record.intent_id.as_ref().is_some_and(is_linked)
            || record.causation_id.as_ref().is_some_and(is_linked)
    }

    /// What a line must have one of to be a record of the story.
    fn prefilter(&self) -> Prefilter {
        let correlation = self.correlation_id.iter().map(|id| format!("\"{id}\""));
        let ids = self.ids.iter().map(|id| format!("\"{id}\""));
        let is_unknown = self.seq.is_some() && self.ids.is_empty();
        let term: Vec<String> = correlation.chain(ids).collect();
        let is_useful = !is_unknown && term.len() <= LITERALS_MAX;
        Prefilter::of_literals(is_useful.then_some(term))
    }
}

fn pass(
    reader: &Reader,
    links: &Links,
    found: &mut BTreeMap<u64, Match>,
) -> Result<Scan, SearchError> {
    let mut walk = Walk::new(reader, Window::default(), Skip::Never)?;
    if let (Some(seq), true) = (links.seq, links.ids.is_empty()) {
        walk.seqs = (seq, seq.saturating_add(1));
    }
    let prefilter = links.prefilter();
    let (mut parsed, mut not_events) = (0, 0);
    for place in 0..walk.segments.len() {
        if walk.passes_over(place)? {
            continue;
        }
        let flow = walk.read(place, |line| {
            if prefilter.may_match(line.body()) {
                parsed += 1;
                match Record::parse(&line) {
                    Ok(record) if links.lead_to(&record) => {
                        found.insert(record.seq, Match { record, line });
                    }
                    Ok(_) => {}
                    Err(_) => not_events += 1,
                }
            }
            let is_full = found.len() >= RECORDS_MAX;
            if is_full { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if flow.is_break() {
            break;
        }
    }
    walk.confirm()?;
    Ok(Scan { records_parsed: parsed, not_events, ..walk.scan }.finish())
}

/// Puts each record under the one that led to it: its intent, or else its cause.
fn tell(found: BTreeMap<u64, Match>) -> Vec<Told> {
    let above = above(&found);
    let mut below: BTreeMap<Option<u64>, Vec<u64>> = BTreeMap::new();
    for seq in found.keys() {
        below.entry(above.get(seq).copied()).or_default().push(*seq);
    }
    let mut found = found;
    let mut told = Vec::new();
    let mut waiting: Vec<(u64, usize)> = Vec::new();
    let roots = below.remove(&None).unwrap_or_default();
    waiting.extend(roots.into_iter().rev().map(|seq| (seq, 0)));
    while let Some((seq, depth)) = waiting.pop() {
        let follows = below.remove(&Some(seq)).unwrap_or_default();
        waiting.extend(follows.into_iter().rev().map(|seq| (seq, depth + 1)));
        told.extend(found.remove(&seq).map(|found| Told { found, depth }));
    }
    told
}

/// The record that each one stands under. What runs inside an action ends before it, so that may be a
/// later one; where records name each other in a circle, one of them stands under none.
fn above(found: &BTreeMap<u64, Match>) -> HashMap<u64, u64> {
    let mut seqs = HashMap::new();
    for (seq, one) in found {
        seqs.entry(one.record.id).or_insert(*seq);
    }
    let led_to = |seq: &u64, Match { record, .. }: &Match| {
        let mut led = [record.intent_id, record.causation_id].into_iter().flatten();
        led.find_map(|id| seqs.get(&id).copied().filter(|above| above != seq))
    };
    let led = found.iter().filter_map(|(seq, one)| Some((*seq, led_to(seq, one)?)));
    let mut above: HashMap<u64, u64> = led.collect();
    let mut climbed = BTreeSet::new();
    for start in found.keys() {
        let (mut path, mut seq) = (BTreeSet::new(), *start);
        while !climbed.contains(&seq) && path.insert(seq) {
            match above.get(&seq) {
                Some(next) if path.contains(next) => _ = above.remove(&seq),
                Some(next) => seq = *next,
                None => {}
            }
        }
        climbed.extend(path);
    }
    above
}
