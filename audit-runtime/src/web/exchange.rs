//! The access record in the making: begun with the request, ended once, whatever becomes of it.

use std::sync::Arc;
use std::task::{self, Poll};

use super::coverage;
use super::head::{self, Head};
use super::settings::AuditMiddleware;
use crate::context::{Context, Frame, Running};
use crate::event::{Actor, CorrelationId, Event, Http, Outcome};
use crate::recorder::{self, Receipt, Shared};
use crate::scope::{self, Verdict};

/// One request, from its head to the end of its response.
///
/// Dropping it records a panic, if the application's code was running, or else that the client was
/// gone: the flag tells the two apart exactly, also while the thread unwinds for another reason. A
/// server that drops the request as it stops cannot be told from a client that has left.
pub(super) struct Exchange {
    frame: Frame,
    running: Running,
    context: Context,
    recorder: Option<Arc<Shared>>,
    correlation_id: CorrelationId,
    correlation_header: Arc<str>,
    verdict: Verdict,
    application_runs: bool,
}

impl Exchange {
    pub(super) fn begin(settings: &AuditMiddleware, request: &impl Head) -> Self {
        scope::record_panics();
        let running = Running::begin(Event::access(head::http(request)));
        let correlation_id = head::correlation_id(request, &settings.correlation_header);
        let mut context = Context::new()
            .actor(Actor::anonymous())
            .correlation_id(correlation_id.clone())
            .defers(&running);
        if let Some(origin) = head::origin(request, settings) {
            context = context.origin(origin);
        }
        if let Some(trace) = head::trace(request) {
            context = context.trace(trace);
        }
        let recorder = settings.recorder.clone().or_else(recorder::current);
        if let Some(recorder) = &recorder {
            // A request that has no place in the account is recorded by its end alone.
            let _ = recorder.list(&running, &context);
        }
        Self {
            frame: Frame { context: Some(context.clone()), running: Some(running.clone()) },
            running,
            context,
            recorder,
            correlation_id,
            correlation_header: Arc::clone(&settings.correlation_header),
            verdict: Verdict::of(Outcome::Unknown),
            application_runs: false,
        }
    }

    /// Runs a part of the application inside the request's context.
    pub(super) fn run<R>(&mut self, part: impl FnOnce() -> R) -> R {
        self.application_runs = true;
        let output = match &self.recorder {
            Some(recorder) => recorder::enter(Arc::clone(recorder), || self.frame.enter(part)),
            None => self.frame.enter(part),
        };
        self.application_runs = false;
        output
    }

    /// Takes note of the answer's status, and of the route that led to it; the actions that left
    /// their outcome to the answer end here.
    pub(super) fn answered(&mut self, status: u16, template: Option<String>) -> Receipts {
        self.verdict = Verdict::of_status(status);
        self.change_http(|http| {
            let http = http.status(status);
            match template {
                Some(template) => http.at_route(template),
                None => http,
            }
        });
        let receipts = self.end_deferred(self.verdict);
        let event = self.running.event();
        self.running.change(|open| {
            coverage::blocked((event, open), status, &self.context, self.recorder.as_deref());
        });
        receipts
    }

    /// Takes note that there is an error in place of an answer.
    #[cfg(feature = "tower")]
    pub(super) fn unanswered(&mut self, verdict: Verdict) -> Receipts {
        self.verdict = verdict;
        self.end_deferred(verdict)
    }

    /// The header that echoes the correlation id, and the id.
    pub(super) fn correlation(&self) -> (&str, &str) {
        (&self.correlation_header, self.correlation_id.as_str())
    }

    /// Records the end that the answer's status tells.
    pub(super) fn end(&self) {
        self.end_as(self.verdict);
    }

    /// Records another end. Either way the record is queued, and nobody waits for it.
    pub(super) fn end_as(&self, verdict: Verdict) {
        if let Some(open) = self.running.take() {
            if let Some(recorder) = &self.recorder {
                coverage::unaudited(&open, verdict, &self.context, recorder);
            }
            drop(scope::record_end(open, verdict, &self.context, self.recorder.as_deref()));
        }
    }

    fn end_deferred(&self, verdict: Verdict) -> Receipts {
        let deferred = self.context.take_deferred();
        let opened = deferred.iter().filter_map(Running::take);
        let receipts = opened.filter_map(|open| {
            scope::record_end(open, verdict, &self.context, self.recorder.as_deref())
        });
        Receipts(receipts.collect())
    }

    fn change_http(&self, change: impl FnOnce(Http) -> Http) {
        self.running.change(|open| {
            let http = &mut open.draft.event.http;
            *http = http.take().map(|http| Box::new(change(*http)));
        });
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // Their bodies have returned, but nobody has seen to what response that led.
        drop(self.end_deferred(Verdict::of(Outcome::Unknown)));
        if self.application_runs {
            self.end_as(Verdict::of(Outcome::Panic));
        } else {
            self.change_http(Http::client_gone);
            self.end_as(Verdict::of(Outcome::Cancelled));
        }
    }
}

/// The receipts that a response waits for; a failure raises the alarm, also where it no longer waits.
pub(super) struct Receipts(Vec<Receipt>);

impl Receipts {
    /// Ready when every receipt is settled.
    pub(super) fn poll(&mut self, task: &task::Context<'_>) -> Poll<()> {
        self.0.retain_mut(|receipt| receipt.poll_unheard(task).is_pending());
        match self.0.is_empty() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

/// The mark of a request that is being recorded: where the middleware is registered twice, by mistake
/// or for two scopes, the outermost records.
#[derive(Clone, Copy)]
pub(super) struct IsRecorded;

/// False for responses whose body, if there is one, belongs to something else than the response
/// (RFC 9110, section 6.4.1): servers drop it without asking for its end.
pub(super) fn may_have_body(method: &str, status: u16) -> bool {
    method != "HEAD" && !matches!(status, 100..=199 | 204 | 304)
}
