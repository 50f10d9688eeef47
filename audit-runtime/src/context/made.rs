//! What a piece of work has led to so far, for whoever judges whether it was audited.

use std::borrow::Cow;
use std::sync::{Arc, PoisonError};

use super::Context;
use crate::event::{Category, Event};

/// How many different actions are remembered by name.
const NAMES_MAX: usize = 16;

/// The audited actions that began in a context, and the events that were recorded by hand.
#[derive(Debug, Default)]
pub(crate) struct Made {
    has_activity: bool,
    names: Vec<(Cow<'static, str>, Category)>,
    is_full: bool,
}

#[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
impl Made {
    pub(crate) fn has(&self, action: &str) -> bool {
        self.is_full || self.names.iter().any(|(name, _)| name == action)
    }

    /// True if something was recorded that tells what was done: who asks, and whether it may be, does not.
    pub(crate) fn has_activity(&self) -> bool {
        self.has_activity
    }

    /// The actions that were told of who asks: a login's own, or what middleware records of each request.
    pub(crate) fn authentications(&self) -> impl Iterator<Item = &str> {
        let authentications = self.names.iter().filter(|it| it.1 == Category::Authentication);
        authentications.map(|(name, _)| &**name)
    }

    fn note(&mut self, action: Cow<'static, str>, category: Category) {
        if matches!(category, Category::Access | Category::Journal) {
            return;
        }
        self.has_activity |= category == Category::Activity;
        if self.names.iter().any(|known| known.0 == action && known.1 == category) {
            return;
        }
        match self.names.len() < NAMES_MAX {
            true => self.names.push((action, category)),
            false => self.is_full = true,
        }
    }
}

impl Context {
    /// Remembers that an audited action begins.
    pub(crate) fn note_action(&self, action: &'static str, category: Category) {
        self.change_made(|made| made.note(action.into(), category));
    }

    /// Remembers that `event` is recorded.
    pub(crate) fn note_event(&self, event: &Event) {
        self.change_made(|made| made.note(event.action.clone(), event.category));
    }

    /// True if this action began or was recorded here, or so many were that nobody can tell.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn has_made(&self, action: &str) -> bool {
        self.change_made(|made| made.has(action))
    }

    /// What began and was recorded here so far, for the one who asks last.
    #[cfg_attr(not(any(feature = "actix", feature = "tower")), allow(dead_code))]
    pub(crate) fn take_made(&self) -> Made {
        self.change_made(std::mem::take)
    }

    fn change_made<R>(&self, change: impl FnOnce(&mut Made) -> R) -> R {
        let made = Arc::clone(&self.known().made);
        change(&mut made.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_activity_tells_what_was_done_and_what_is_forgotten_may_have_begun() {
        let context = Context::new();
        for category in [Category::Authorization, Category::Security, Category::Authentication] {
            context.note_action("Check", category);
        }
        assert!(context.has_made("Check") && !context.has_made("Other"));
        context.change_made(|made| {
            assert!(!made.has_activity());
            assert_eq!(made.authentications().collect::<Vec<_>>(), ["Check"]);
        });
        for n in 0..NAMES_MAX {
            let event = Event::security(format!("Probe{n}")).succeeded();
            context.note_event(&event);
        }
        assert!(context.has_made("Other") && !context.change_made(|made| made.has_activity()));
        context.note_action("Save", Category::Activity);
        assert!(context.take_made().has_activity(), "also where there is no room for its name");
        assert!(!context.take_made().has_activity(), "it is taken");
    }
}
