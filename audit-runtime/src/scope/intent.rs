//! The intent of a write-ahead action, which is durable before the action's body runs.

use std::sync::Arc;

use super::{Open, Scope, Verdict};
use crate::event::{OnUnrecorded, Outcome, Reason};
use crate::recorder::{Receipt, Shared, Unrecorded};

/// Why an action was cancelled before its body: its intent took too long to become durable.
const NOT_DURABLE: &str = "intent_not_durable";

impl Scope {
    /// Records what the call is about to do; ready when that is durable, or need not be.
    ///
    /// Dropping the future records a cancellation: the body never ran, and the intent may be there.
    ///
    /// # Errors
    /// Refuses a `fail_closed` action whose intent is not known to be durable.
    pub async fn intend(&mut self) -> Result<(), Unrecorded> {
        let outcome = match self.record_intent() {
            Ok(receipt) => receipt.await.map(drop),
            Err(unrecorded) => Err(unrecorded),
        };
        self.intended(outcome)
    }

    /// Like [`intend`](Self::intend), for sync functions: blocks this thread.
    ///
    /// # Errors
    /// Refuses a `fail_closed` action whose intent is not known to be durable.
    pub fn intend_blocking(&mut self) -> Result<(), Unrecorded> {
        let outcome = self.record_intent().and_then(Receipt::wait).map(drop);
        self.intended(outcome)
    }

    fn record_intent(&self) -> Result<Receipt, Unrecorded> {
        let recorder = self.recorder.as_ref().ok_or(Unrecorded::NoRecorder)?;
        if !recorder.begin_intent() {
            return Err(Unrecorded::TooManyIntents);
        }
        // A shutdown that takes the action finds it before its intent is queued, or after: its end
        // never comes first.
        let receipt = self.running.change(|open| {
            let mut intent = open.split_intent();
            self.context.complete(&mut intent);
            let receipt = recorder.record(&intent);
            if receipt.is_refused() {
                open.rejoin_intent();
            }
            receipt
        });
        if receipt.as_ref().is_none_or(Receipt::is_refused) {
            recorder.drop_intent();
        }
        // Whoever hears of the answer raises the alarm, and the end does if nobody does any more.
        receipt.map(Receipt::without_alarm).ok_or(Unrecorded::Stopped)
    }

    fn intended(&mut self, outcome: Result<(), Unrecorded>) -> Result<(), Unrecorded> {
        // A shutdown may have ended the action while it waited.
        let is_open = self.running.change(|_| ()).is_some();
        let Err(unrecorded) = outcome.and(is_open.then_some(()).ok_or(Unrecorded::Stopped)) else {
            return Ok(());
        };
        let is_unknown = matches!(unrecorded, Unrecorded::DeadlineExpired(_));
        if !is_unknown {
            self.forget_intent();
        }
        if self.spec.on_unrecorded == OnUnrecorded::FailOpen {
            // What a shutdown has ended is recorded. Where nothing can be, the end raises the alarm.
            let records = |recorder: &Arc<Shared>| recorder.refusal().is_none();
            if is_open && self.recorder.as_ref().is_some_and(records) {
                self.alarm(&unrecorded);
            }
            return Ok(());
        }
        if is_open {
            self.alarm(&unrecorded);
        }
        match is_unknown {
            true => self.cancel(),
            false => self.leave(),
        }
        Err(unrecorded)
    }

    /// Makes the action one without an intent, which is known not to be recorded.
    fn forget_intent(&self) {
        let had_one = self.running.change(Open::rejoin_intent).unwrap_or(false);
        if let (true, Some(recorder)) = (had_one, &self.recorder) {
            recorder.drop_intent();
        }
    }

    /// Ends an action whose intent may yet become durable: no intent stays open.
    fn cancel(&mut self) {
        let reason = Some(Reason::new(NOT_DURABLE));
        self.running.change(|open| open.draft.event.reason = reason);
        drop(self.end(Verdict::of(Outcome::Cancelled)));
    }
}
