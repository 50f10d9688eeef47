//! Programs that abort on panic: nothing is dropped there, so a panic hook records the actions.

use std::sync::Once;

use super::{Verdict, record_end};
use crate::context::{Context, Running};
use crate::event::{Durability, Outcome};
use crate::recorder::{self, Shared};

/// Adds the hook once, where a panic aborts; hooks that were set before run after it.
pub(super) fn record_panics() {
    static ADDED: Once = Once::new();
    if !cfg!(panic = "abort") {
        return;
    }
    ADDED.call_once(|| {
        let next = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            record_running();
            next(panic);
        }));
    });
}

/// Records the panicking thread's actions, from the innermost to the outermost, and waits until
/// they are durable or the deadline has passed: afterwards the process is gone.
///
/// Those that had left their end to the response come first: they had returned, and nobody will
/// see to what response that led.
fn record_running() {
    let recorder = recorder::current();
    let mut next = Running::innermost();
    while let Some(running) = next {
        // Inside, somebody else may act.
        let context = running.context().unwrap_or_else(Context::here);
        for returned in context.take_deferred() {
            record(&returned, Outcome::Unknown, &context, recorder.as_deref());
        }
        record(&running, Outcome::Panic, &context, recorder.as_deref());
        next = running.outer();
    }
}

fn record(running: &Running, outcome: Outcome, context: &Context, recorder: Option<&Shared>) {
    let Some(mut open) = running.take() else {
        return;
    };
    // What is merely queued would be lost with the process.
    open.draft.event.durability = Some(Durability::Synced);
    if let Some(receipt) = record_end(open, Verdict::of(outcome), context, recorder) {
        // Nobody is left to tell whether it worked.
        let _ = receipt.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::context::{Frame, Told};
    use crate::event::{Actor, CorrelationId, Event};
    use crate::recorder::Recorder;
    use audit_journal::MemoryStorage;
    use audit_journal::Reader;

    fn inside<R>(context: &Context, running: &Running, work: impl FnOnce() -> R) -> R {
        let frame = Frame { context: Some(context.clone()), running: Some(running.clone()) };
        frame.enter(work)
    }

    /// What was recorded: each action, its outcome and its actor.
    fn ends(recorder: &Recorder, storage: MemoryStorage) -> Vec<String> {
        recorder.shutdown(Duration::from_secs(20)).unwrap();
        let mut cursor = Reader::over(std::sync::Arc::new(storage)).cursor(0).unwrap();
        let mut ends = Vec::new();
        while let Some(line) = cursor.next().unwrap() {
            let record: serde_json::Value = serde_json::from_slice(line.bytes()).unwrap();
            if record["category"] == "activity" {
                let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
                let actor = &record["actor"];
                let actor = text(&actor["id"]).or_else(|| text(&actor["type"]));
                let [action, outcome] = [&record["action"], &record["outcome"]].map(text);
                ends.push([action, outcome, actor].map(Option::unwrap).join(" "));
            }
        }
        ends
    }

    #[test]
    fn an_abort_records_the_actions_left_to_the_response_as_unknown_and_the_running_ones_as_panics()
    {
        let storage = MemoryStorage::new();
        let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
        let request = Running::begin(Event::activity("Request"));
        let context = Context::of_request(&request, CorrelationId::random(), None, None);
        inside(&context, &request, || {
            assert!(context.defer(&Running::begin(Event::activity("Left")), Told::default()));
            let told = Running::begin(Event::activity("Told"));
            assert!(context.defer(&told, Told::default()));
            let denied = Told { outcome: Some(Outcome::Denied), error_type: None };
            told.change(|open| open.returned = Some(denied));
            recorder.enter(record_running);
        });
        let expected =
            ["Left unknown anonymous", "Told denied anonymous", "Request panic anonymous"];
        assert_eq!(ends(&recorder, storage), expected);
    }

    #[test]
    fn an_abort_on_a_connection_records_that_and_the_request_around_it_each_with_its_actor() {
        let storage = MemoryStorage::new();
        let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
        let request = Running::begin(Event::activity("Request"));
        let context = Context::new().actor(Actor::service("client"));
        recorder.enter(recorder::current).unwrap().list(&request, &context).unwrap();
        recorder.enter(|| {
            inside(&context, &request, || {
                let connection = super::super::Connection::opened("Close");
                connection.enter(|| {
                    crate::context::set_actor(Actor::service("logged-in"));
                    record_running();
                });
            });
        });
        assert_eq!(ends(&recorder, storage), ["Close panic logged-in", "Request panic client"]);
    }
}
