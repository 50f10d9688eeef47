//! The access record in the making: begun with the request, ended once, whatever becomes of it.

use std::sync::Arc;
use std::task::{self, Poll};

use super::coverage::{self, Blocked};
use super::head::{self, Head};
use super::policy::{self, Activities};
use super::settings::AuditMiddleware;
use crate::context::{Context, Frame, Open, Running};
use crate::event::{CorrelationId, Event, Http, Outcome};
use crate::recorder::{self, Receipt, Shared, Unrecorded};
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
    has_ended: bool,
    activities: Activities,
    is_activity: bool,
}

impl Exchange {
    pub(super) fn begin(settings: &AuditMiddleware, request: &impl Head) -> Self {
        scope::record_panics();
        let http = head::http(request);
        let is_activity = settings.activities.have(&http);
        let mut draft = Event::access(http);
        if is_activity {
            policy::make_activity(&mut draft);
        }
        let header = &settings.correlation_header;
        let correlation_id = head::correlation_id(request, header, draft.event.time);
        let running = Running::begin(draft);
        let (origin, trace) = (head::origin(request, settings), head::trace(request));
        let context = Context::of_request(&running, correlation_id.clone(), origin, trace);
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
            has_ended: false,
            activities: settings.activities.clone(),
            is_activity,
        }
    }

    /// Why the request must not reach the application, if so: it could not be recorded, and must be.
    pub(super) fn refusal(&self) -> Option<Unrecorded> {
        if !self.is_activity {
            return None;
        }
        let refusal = match &self.recorder {
            Some(recorder) => recorder.refusal()?,
            None => Unrecorded::NoRecorder,
        };
        self.change_http(|http| http.status = Some(503));
        if let Some(mut open) = self.running.take() {
            let action = &open.draft.event.action;
            recorder::count_unrecorded(self.recorder.as_deref(), action, &refusal);
            // What was refused is no activity, and its access record may wait for the disk.
            open.is_alarmed = true;
            policy::make_access(&mut open.draft);
            if self.recorder.is_some() {
                drop(self.record(open, Verdict::of_status(503)));
            }
        }
        Some(refusal)
    }

    /// Runs a part of the application inside the request's context.
    pub(super) fn run<R>(&mut self, part: impl FnOnce() -> R) -> R {
        self.application_runs = true;
        let output = recorder::enter(self.recorder.as_ref(), || self.frame.lend(part));
        self.application_runs = false;
        output
    }

    /// Takes note of the answer's status, and of the route that led to it; the actions that left
    /// their outcome to the answer end here.
    pub(super) fn answered(&mut self, status: u16, template: Option<String>) -> Receipts {
        self.verdict = Verdict::of_status(status);
        self.change_http(|http| {
            http.status = Some(status);
            if let Some(template) = template {
                http.set_route(template);
            }
        });
        self.settle_route();
        let actions = self.end_deferred(self.verdict);
        let blocked = self.running.change(|open| Blocked::of(open, status, &self.context));
        // Recorded without the request's lock: whoever hears an alarm may speak of the request.
        if let Some(blocked) = blocked.flatten() {
            blocked.record(self.running.event(), &self.context, self.recorder.as_deref());
        }
        self.end_at_the_answer(actions)
    }

    /// Takes note that there is an error in place of an answer.
    #[cfg(feature = "tower")]
    pub(super) fn unanswered(&mut self, verdict: Verdict) -> Receipts {
        self.verdict = verdict;
        self.end_at_the_answer(self.end_deferred(verdict))
    }

    /// The header that echoes the correlation id, and the id.
    pub(super) fn correlation(&self) -> (&str, &str) {
        (&self.correlation_header, self.correlation_id.as_str())
    }

    /// Records the end that the answer's status tells.
    pub(super) fn end(&mut self) {
        self.end_as(self.verdict);
    }

    /// Records another end. Either way the record is queued, and nobody waits for it.
    pub(super) fn end_as(&mut self, verdict: Verdict) {
        self.has_ended = true;
        if let Some(open) = self.running.take() {
            if let Some(recorder) = &self.recorder {
                // What was done was done by the answer, whoever reads its body.
                coverage::unaudited(&open, self.verdict, &self.context, recorder);
            }
            if !policy::is_waived(&open, verdict) {
                drop(self.record(open, verdict));
            }
        }
    }

    /// Ends the request itself if its answer waits for the record, as it does for those of `actions`.
    fn end_at_the_answer(&self, actions: Vec<Receipt>) -> Receipts {
        let open = self.is_activity.then(|| self.running.take()).flatten();
        let own = open.map(|open| self.record(open, self.verdict).ok_or(Unrecorded::NoRecorder));
        let (own, unrecorded) = match own {
            Some(Ok(receipt)) => (Some(receipt), None),
            Some(Err(why)) => (None, Some(why)),
            None => (None, None),
        };
        Receipts { actions, own, unrecorded }
    }

    fn end_deferred(&self, verdict: Verdict) -> Vec<Receipt> {
        let deferred = self.context.take_deferred();
        let opened = deferred.iter().filter_map(Running::take);
        opened.filter_map(|open| self.record(open, verdict)).collect()
    }

    fn record(&self, open: Open, verdict: Verdict) -> Option<Receipt> {
        scope::record_end(open, verdict, &self.context, self.recorder.as_deref())
    }

    /// Makes an activity of the request if its route is known only now.
    fn settle_route(&mut self) {
        let is_activity = self.running.change(|open| {
            let http = open.draft.event.http.as_ref();
            let is_late = http.is_some_and(|http| !self.is_activity && self.activities.have(http));
            if is_late {
                policy::make_activity(&mut open.draft);
            }
            is_late
        });
        self.is_activity |= is_activity.unwrap_or(false);
    }

    fn change_http(&self, change: impl FnOnce(&mut Http)) {
        self.running.change(|open| open.draft.event.http.as_deref_mut().map(change));
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Their bodies have returned, but nobody has seen to what response that led.
        drop(self.end_deferred(Verdict::of(Outcome::Unknown)));
        if self.application_runs {
            self.end_as(Verdict::of(Outcome::Panic));
        } else {
            self.change_http(|http| http.client_gone = true);
            self.end_as(Verdict::of(Outcome::Cancelled));
        }
    }
}

/// The receipts that a response waits for; a failure raises the alarm, also where it no longer waits.
pub(super) struct Receipts {
    actions: Vec<Receipt>,
    /// That of the request, if it is an activity.
    own: Option<Receipt>,
    unrecorded: Option<Unrecorded>,
}

impl Receipts {
    /// Ready when every receipt is settled.
    pub(super) fn poll(&mut self, task: &task::Context<'_>) -> Poll<()> {
        self.actions.retain_mut(|receipt| receipt.poll_unheard(task).is_pending());
        if let Some(own) = &mut self.own
            && let Poll::Ready(settled) = own.poll_unheard(task)
        {
            self.unrecorded = settled.err();
            self.own = None;
        }
        match self.actions.is_empty() && self.own.is_none() {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }

    /// Why the response must not be sent, if so: its request has to be recorded, and is not.
    pub(super) fn unrecorded(&mut self) -> Option<Unrecorded> {
        self.unrecorded.take()
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
