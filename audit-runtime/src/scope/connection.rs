//! A connection that stays: a record of its opening and one of its end, whatever becomes of it.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

use pin_project_lite::pin_project;

use super::{Finished, Verdict, abort, list, record_end};
use crate::context::{self, Context, Frame, Running};
use crate::event::{Category, Draft, Event, OnUnrecorded, Operation, Outcome};
use crate::recorder::{self, Receipt, Shared, Unrecorded};
use audit_journal::EventId;

/// A websocket, a stream of events, a subscription: what is opened, stays, and ends at some time.
///
/// It leaves two records, of the opening and of the closing, with names of their own. The closing
/// one names the other as its cause, as all does that is recorded on the connection, and has how it
/// ended, how long it was open, who acts by then, and what was counted. It is written once:
///
/// | the connection | outcome |
/// |---|---|
/// | what [`run`](Self::run) was given returns; a stream is over | `success`, or what `deny` or `fail` said |
/// | what [`try_run`](Self::try_run) was given returns an `Err` | `error`, or what `deny` or `fail` said |
/// | is told how it ends, by [`close`](Self::close) | that, or what `deny` or `fail` said, but for `Cancelled` and `Panic` |
/// | is dropped: its task was aborted, its client has gone | `cancelled` |
/// | panics in `run`, in `enter` or as a stream | `panic` |
/// | is open at [`Recorder::shutdown`](crate::Recorder::shutdown) | `unknown` |
/// | is open when its process is killed | none: the opening stands alone |
///
/// Its context is its own: it begins as that of the request, and an actor that is set on the
/// connection is not known to the request around it.
///
/// ```no_run
/// # struct Socket;
/// # impl Socket { async fn receive(&mut self) -> Option<String> { None } }
/// # fn spawn<F: Future>(_: F) {}
/// # fn user_of(_: &str) -> Actor { Actor::system() }
/// use audit_runtime::{Actor, Connection, Unrecorded, audited, set_actor};
///
/// #[audited(action = "OpenChat", target(Room, id = room))]
/// async fn open_chat(room: u32, mut socket: Socket) -> Result<(), Unrecorded> {
///     let chat = Connection::opened("CloseChat");
///     spawn(async move {
///         let talk = async {
///             while let Some(message) = socket.receive().await {
///                 chat.received(message.len());
///                 if let Some(token) = message.strip_prefix("login ") {
///                     set_actor(user_of(token)); // From here on, the closing included.
///                 }
///             }
///         };
///         chat.run(talk).await
///     });
///     Ok(())
/// }
/// ```
#[must_use = "a connection that is dropped at once is recorded as cancelled"]
pub struct Connection {
    running: Running,
    context: Context,
    recorder: Option<Arc<Shared>>,
}

impl Connection {
    /// A connection that the audited function around this call opens: its record is that of the
    /// opening, and `closing` the name of the other, such as `CloseChat`.
    ///
    /// The targets that are known by now stand in both. In a handler without the attribute only the
    /// request is named as the cause, so open it with [`open`](Self::open).
    pub fn opened(closing: impl Into<Cow<'static, str>>) -> Self {
        let (around, closing) = (Running::innermost(), closing.into());
        let end = around
            .as_ref()
            .and_then(|running| running.change(|open| end_of(&open.draft.event, closing.clone())));
        let end = end.unwrap_or_else(|| Draft::new(Category::Activity, closing));
        let connection = Self::begin(context::cause(), end, Context::here().fork());
        // What has no place in the account is recorded by its end alone.
        let _ = connection.list();
        connection
    }

    /// Records the opening, waits for its durability, and is the connection then.
    ///
    /// # Errors
    /// Refuses a connection that cannot be recorded, unless the opening is an [`Operation::Read`]:
    /// there is no recorder, its journal has failed or is full, or it has no room to keep account
    /// of one more.
    pub async fn open(
        opening: Draft,
        closing: impl Into<Cow<'static, str>>,
    ) -> Result<Self, Unrecorded> {
        let opening = Opening::record(opening, closing.into())?;
        if opening.may_go_on() {
            Finished(Some(opening.receipt)).await;
            return Ok(opening.connection);
        }
        let recorded = opening.receipt.await;
        recorded.map_err(|why| opening.connection.refused(&opening.action, why))?;
        Ok(opening.connection)
    }

    /// Like [`open`](Self::open), for sync code: blocks this thread.
    ///
    /// # Errors
    /// As `open`.
    pub fn open_blocking(
        opening: Draft,
        closing: impl Into<Cow<'static, str>>,
    ) -> Result<Self, Unrecorded> {
        let opening = Opening::record(opening, closing.into())?;
        if opening.may_go_on() {
            opening.receipt.wait_unheard();
            return Ok(opening.connection);
        }
        let recorded = opening.receipt.wait();
        recorded.map_err(|why| opening.connection.refused(&opening.action, why))?;
        Ok(opening.connection)
    }

    /// Runs all that happens on the connection: when it returns, the connection is closed.
    ///
    /// In there `deny`, `fail` and `set_target` speak of the connection, and `set_actor` sets who
    /// acts on it.
    pub fn run<F>(&self, body: F) -> impl Future<Output = ()> + use<'_, F>
    where
        F: Future<Output = ()>,
    {
        Run { connection: self, body, verdict: |()| Verdict::of(Outcome::Success) }
    }

    /// The same for what may fail: an `Err` closes the connection as an `error` of this type.
    pub fn try_run<F, T, E>(&self, body: F) -> impl Future<Output = Result<T, E>> + use<'_, F, T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let verdict = |output: &F::Output| match output {
            Ok(_) => Verdict::of(Outcome::Success),
            Err(_) => Verdict::of_broken::<E>(),
        };
        Run { connection: self, body, verdict }
    }

    /// Runs a part of what happens on the connection, such as the handler of one message.
    pub fn enter<R>(&self, part: impl FnOnce() -> R) -> R {
        let frame =
            Frame { context: Some(self.context.clone()), running: Some(self.running.clone()) };
        let unwinding = Unwinding(self);
        let output = recorder::enter(self.recorder.as_ref(), || frame.enter(part));
        std::mem::forget(unwinding);
        output
    }

    /// Counts a message, or a part of a stream, that was sent.
    pub fn sent(&self, bytes: usize) {
        self.running.count(|traffic| traffic.sent.add(bytes));
    }

    /// Counts a message that was received.
    pub fn received(&self, bytes: usize) {
        self.running.count(|traffic| traffic.received.add(bytes));
    }

    /// Records that it ended so: `Outcome::Cancelled` where the client has left without a word,
    /// `Outcome::Timeout` where it was silent for too long, unless it was denied. What comes later records nothing.
    pub fn close(&self, outcome: Outcome) {
        self.end(Verdict::of(outcome));
    }

    pub(super) fn end(&self, verdict: Verdict) {
        if let Some(open) = self.running.take() {
            // Nobody waits for the record; a failure raises the alarm.
            drop(record_end(open, verdict, &self.context, self.recorder.as_deref()));
        }
    }

    fn begin(opening: Option<EventId>, mut end: Draft, context: Context) -> Self {
        abort::record_panics();
        end.event.causation_id = opening;
        let running = Running::connect(opening.unwrap_or(end.event.id), end);
        Self { running, context, recorder: recorder::current() }
    }

    fn list(&self) -> Result<(), Unrecorded> {
        list(self.recorder.as_deref(), &self.running, &self.context)
    }

    /// Counts it as one without a record. It has an end only where it may have an opening.
    fn refused(&self, action: &str, why: Unrecorded) -> Unrecorded {
        recorder::count_unrecorded(self.recorder.as_deref(), action, &why);
        match why {
            Unrecorded::DeadlineExpired(_) => {
                _ = self.running.change(|open| open.is_alarmed = true)
            }
            _ => drop(self.running.take()),
        }
        why
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close(Outcome::Cancelled);
    }
}

/// A connection whose opening is being recorded; given up, it is cancelled.
struct Opening {
    connection: Connection,
    receipt: Receipt,
    action: Cow<'static, str>,
    stance: OnUnrecorded,
}

impl Opening {
    fn record(opening: Draft, closing: Cow<'static, str>) -> Result<Self, Unrecorded> {
        let mut event = opening.succeeded();
        let stance = event.operation.unwrap_or(Operation::Execute).on_unrecorded();
        event.causation_id = event.causation_id.or_else(context::cause);
        let context = Context::here().fork();
        context.complete(&mut event);
        context.adopt(&event);
        context.note_event(&event);
        let connection = Connection::begin(Some(event.id), end_of(&event, closing), context);
        match connection.list() {
            Err(why) if stance == OnUnrecorded::FailClosed => {
                return Err(connection.refused(&event.action, why));
            }
            _ => {}
        }
        let action = event.action.clone();
        let receipt = match &connection.recorder {
            Some(recorder) => recorder.record(&event),
            None => recorder::record(event),
        };
        Ok(Self { connection, receipt, action, stance })
    }

    fn may_go_on(&self) -> bool {
        self.stance == OnUnrecorded::FailOpen
    }
}

/// What the end says of the connection already at its opening.
fn end_of(opening: &Event, closing: Cow<'static, str>) -> Draft {
    let category = match opening.category {
        // It has decided nothing, and is not the request.
        Category::Authorization => Category::Activity,
        Category::Access if opening.http.is_some() => Category::Activity,
        category => category,
    };
    let mut end = Draft::new(category, closing);
    let event = &mut *end.event;
    event.operation = opening.operation;
    event.severity = opening.severity;
    event.retention = opening.retention.clone();
    event.durability = opening.durability;
    event.code = opening.code;
    event.targets = opening.targets.clone();
    end
}

/// Records a panic of the connection, when it is dropped by one.
struct Unwinding<'a>(&'a Connection);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        self.0.close(Outcome::Panic);
    }
}

pin_project! {
    /// What happens on a connection, and its end.
    struct Run<'a, F>
    where
        F: Future,
    {
        connection: &'a Connection,
        #[pin]
        body: F,
        verdict: fn(&F::Output) -> Verdict,
    }
}

impl<F: Future> Future for Run<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let output = ready!(this.connection.enter(|| this.body.poll(task)));
        this.connection.end((this.verdict)(&output));
        Poll::Ready(output)
    }
}
