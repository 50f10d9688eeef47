//! What is running: the actions and connections that have begun and not ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use super::Context;
use super::frame::look;
use super::open::Slot;
use super::traffic::Traffic;
use crate::event::{ChangeSet, Draft, Event, Outcome, Phase, Reason};
use audit_journal::{EventId, Timestamp};

/// An action whose body is running: shared by the body, whoever finishes it, and the actions inside.
#[derive(Clone, Debug)]
pub(crate) struct Running(Arc<Action>);

#[derive(Debug)]
struct Action {
    event: EventId,
    outer: Option<Running>,
    /// The action that a connection was opened in, which it outlives and does not keep.
    around: Weak<Action>,
    open: Mutex<Option<Open>>,
}

/// What is known of an action before its end.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) draft: Draft,
    pub(crate) started: Instant,
    pub(crate) verdict: Option<(Outcome, Reason)>,
    /// What its attribute found changed, which counts unless it is known to be no success.
    pub(crate) compared: Option<Box<ChangeSet>>,
    /// What it returned, while its end waits: for what it changed, for the response, for who acts.
    pub(crate) returned: Option<Told>,
    /// The alarm was raised for it already, and one action is counted once.
    pub(crate) is_alarmed: bool,
    /// What went through a connection, once any of it was counted.
    pub(super) traffic: Option<Box<Traffic>>,
    /// Its place in the recorder's account, which is free again once this is dropped.
    pub(super) slot: Option<Slot>,
}

/// What the value tells that an action has returned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// None where that is left to the response.
    pub(crate) outcome: Option<Outcome>,
    /// The type of the error that it is.
    pub(crate) error_type: Option<&'static str>,
}

impl Open {
    /// The event of its intent; what is left becomes the end of that.
    pub(crate) fn split_intent(&mut self) -> Event {
        let event = &mut self.draft.event;
        let intent = event.as_intent();
        event.id = EventId::new(Timestamp::now());
        event.phase = Some(Phase::End);
        event.intent = Some(intent.id);
        intent
    }

    /// Takes back that it has an intent, which is known not to be recorded; false if it has none.
    pub(crate) fn rejoin_intent(&mut self) -> bool {
        let event = &mut self.draft.event;
        let Some(intent) = event.intent.take() else {
            return false;
        };
        event.id = intent;
        event.phase = None;
        true
    }

    /// Its place in the account, to be kept until its record is queued: a shutdown waits for that.
    pub(crate) fn take_slot(&mut self) -> Option<Slot> {
        self.slot.take()
    }

    /// The event of its end, by all that is known: what its body has returned stands, unless a panic came
    /// after that, and what its body said of itself counts more.
    pub(crate) fn completed(mut self, end: Outcome, context: &Context) -> Box<Event> {
        let Told { outcome, error_type } = self.returned.unwrap_or_default();
        let end = outcome.filter(|_| end != Outcome::Panic).unwrap_or(end);
        let is_broken = matches!(end, Outcome::Panic | Outcome::Cancelled);
        let outcome = match self.verdict.take() {
            Some((outcome, reason)) if !is_broken => {
                self.draft.event.reason = Some(reason);
                outcome
            }
            // A login that failed may answer by sending the client back to its form.
            _ if error_type.is_some() && end == Outcome::Success => Outcome::Failure,
            _ => end,
        };
        self.draft.event.error_type = error_type.map(Into::into);
        let may_be = matches!(outcome, Outcome::Success | Outcome::Unknown);
        if let Some(changes) = self.compared.take().filter(|_| may_be) {
            self.draft.event.add_changes(*changes);
        }
        self.ended(outcome, context)
    }

    /// The event of its end.
    fn ended(self, outcome: Outcome, context: &Context) -> Box<Event> {
        let mut event = self.draft.event;
        if let Some(traffic) = &self.traffic {
            traffic.write(&mut event.arguments);
        }
        event.duration = Some(self.started.elapsed());
        event.outcome = outcome;
        context.complete(&mut event);
        event
    }

    /// The event of an end that nobody saw: whatever its body had said by then, if it has not returned.
    pub(crate) fn unseen(self, context: &Context) -> Box<Event> {
        let mut event = match self.returned {
            Some(_) => self.completed(Outcome::Unknown, context),
            None => self.ended(Outcome::Unknown, context),
        };
        event.unseen = true;
        event
    }
}

impl Running {
    /// The action that `draft` will record, inside the one that is running now.
    pub(crate) fn begin(draft: Draft) -> Self {
        Self::of(draft.event.id, Self::innermost(), Weak::new(), draft)
    }

    /// A connection whose end `draft` will record, and which `opening` has: what happens on it names
    /// that as its cause, and nothing around the connection is kept for as long as it stays.
    pub(crate) fn connect(opening: EventId, draft: Draft) -> Self {
        let around = Self::innermost().map(|running| Arc::downgrade(&running.0));
        Self::of(opening, None, around.unwrap_or_default(), draft)
    }

    fn of(event: EventId, outer: Option<Self>, around: Weak<Action>, draft: Draft) -> Self {
        let open = Open {
            draft,
            started: Instant::now(),
            verdict: None,
            compared: None,
            returned: None,
            is_alarmed: false,
            traffic: None,
            slot: None,
        };
        Self(Arc::new(Action { event, outer, around, open: Mutex::new(Some(open)) }))
    }

    /// The innermost action that is running now.
    pub(crate) fn innermost() -> Option<Self> {
        look(|frame| frame.running.clone()).flatten()
    }

    /// The action around this one, or the one that this connection was opened in.
    pub(crate) fn outer(&self) -> Option<Self> {
        self.0.outer.clone().or_else(|| self.0.around.upgrade().map(Self))
    }

    /// The context that it has by the account of what is running.
    pub(crate) fn context(&self) -> Option<Context> {
        self.change(|open| open.slot.as_ref()?.context())?
    }

    /// Counts what goes through a connection.
    pub(crate) fn count(&self, count: impl FnOnce(&mut Traffic)) {
        self.change(|open| count(open.traffic.get_or_insert_default()));
    }

    /// The id of the event that will record it.
    pub(crate) fn event(&self) -> EventId {
        self.0.event
    }

    /// Ends it. Whoever takes it first records it; everyone after finds nothing.
    pub(crate) fn take(&self) -> Option<Open> {
        self.open().take()
    }

    /// Changes what is known of it, unless it has ended: then `None`.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut Open) -> R) -> Option<R> {
        self.open().as_mut().map(change)
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
