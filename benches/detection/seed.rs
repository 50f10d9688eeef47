//! The detector that this one replaces: it groups all failures of a flush by user, and forgets them.

use std::collections::{HashMap, HashSet};

use crate::lines::Line;

pub(crate) struct Anomaly {
    pub(crate) attempts: usize,
    pub(crate) addresses: HashSet<String>,
}

/// What is found in one flush, with a copy of a user's list for each failure, as the original has it.
pub(crate) fn detect(events: &[Line]) -> Vec<Anomaly> {
    let mut groups: HashMap<&str, Vec<&Line>> = HashMap::new();
    for event in events.iter().filter(|event| event.outcome == "failure") {
        let group = groups.entry(&event.user).or_default();
        let mut longer = group.clone();
        longer.push(event);
        *group = longer;
    }
    let many = groups.into_values().filter(|attempts| attempts.len() > 5);
    let anomaly = |attempts: Vec<&Line>| Anomaly {
        attempts: attempts.len(),
        addresses: attempts.iter().map(|attempt| attempt.ip.clone()).collect(),
    };
    many.map(anomaly).collect()
}
