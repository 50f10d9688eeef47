//! What a piece of work has led to so far, for whoever judges whether it was audited.

use std::borrow::Cow;

use super::Context;
use crate::event::{Category, Event};

/// How many events are remembered by name; a request that records more has been audited.
const EVENTS_MAX: usize = 16;

/// The actions that began in a context, and the events that were recorded by hand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    has_action: bool,
    events: Vec<Cow<'static, str>>,
}

impl Made {
    /// True if an audited action began.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn has_action(&self) -> bool {
        self.has_action
    }

    /// True if an event of this action was recorded.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn has_event(&self, action: &str) -> bool {
        self.events.iter().any(|event| event == action)
    }

    /// True if nothing was recorded that tells what was done.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn is_nothing(&self) -> bool {
        !self.has_action && self.events.is_empty()
    }
}

impl Context {
    /// Remembers that an audited action begins.
    pub(crate) fn note_action(&self) {
        self.known().made.has_action = true;
    }

    /// Remembers that `event` is recorded, if it tells what was done.
    pub(crate) fn note_event(&self, event: &Event) {
        if matches!(event.category, Category::Access | Category::Journal) {
            return;
        }
        let events = &mut self.known().made.events;
        if events.len() < EVENTS_MAX {
            events.push(event.action.clone());
        }
    }

    /// What began and was recorded here so far.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn made(&self) -> Made {
        self.known().made.clone()
    }
}
