//! A stream as a connection: counted while it is polled, closed when it is over or dropped.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use pin_project_lite::pin_project;

use super::{Connection, Verdict};
use crate::event::Outcome;

pin_project! {
    /// A stream that closes its connection.
    ///
    /// What it records on the way is recorded on the connection, and it may `deny`, `fail` and
    /// `set_actor` there.
    pub struct Streamed<S>
    where
        S: Stream,
    {
        #[pin]
        stream: S,
        connection: Connection,
        bytes: fn(&S::Item) -> usize,
        failure: fn(&S::Item) -> Option<Verdict>,
    }
}

impl Connection {
    /// Lets `stream` be the connection: its items are counted as sent, its end is the closing.
    ///
    /// ```no_run
    /// # #[cfg(feature = "actix")] {
    /// # use std::convert::Infallible;
    /// # use actix_web::web::Bytes;
    /// # type Events = std::pin::Pin<Box<dyn futures_core::Stream<Item = Result<Bytes, Infallible>>>>;
    /// use actix_web::HttpResponse;
    /// use audit_runtime::{Connection, audited};
    ///
    /// #[audited(action = "OpenFeed", op = read)]
    /// async fn feed(events: Events) -> HttpResponse {
    ///     let feed = Connection::opened("CloseFeed").try_stream(events);
    ///     HttpResponse::Ok().content_type("text/event-stream").streaming(feed)
    /// }
    /// # }
    /// ```
    ///
    /// **Its end is a success, whatever its items are**: one of results takes [`try_stream`](Self::try_stream).
    pub fn stream<S: Stream>(self, stream: S) -> Streamed<S> {
        Streamed { stream, connection: self, bytes: |_| 0, failure: |_| None }
    }

    /// The same for a stream of results: the first `Err` closes it as an `error` of this type.
    pub fn try_stream<S, T, E>(self, stream: S) -> Streamed<S>
    where
        S: Stream<Item = Result<T, E>>,
    {
        let failure = |item: &S::Item| item.is_err().then(Verdict::of_broken::<E>);
        Streamed { failure, ..self.stream(stream) }
    }
}

impl<S: Stream> Streamed<S> {
    /// Says how many bytes an item has, so that they are counted, too.
    pub fn sized_by(self, bytes: fn(&S::Item) -> usize) -> Self {
        Self { bytes, ..self }
    }
}

impl<S: Stream> Stream for Streamed<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let mut this = self.project();
        let connection = &*this.connection;
        let item = ready!(connection.enter(|| this.stream.as_mut().poll_next(task)));
        match &item {
            None => connection.close(Outcome::Success),
            Some(item) => {
                match (this.failure)(item) {
                    Some(failure) => connection.end(failure),
                    None => connection.sent(connection.enter(|| (this.bytes)(item))),
                }
                // A server that knows the length of the whole does not ask for the end.
                if connection.enter(|| this.stream.size_hint()).1 == Some(0) {
                    connection.close(Outcome::Success);
                }
            }
        }
        Poll::Ready(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.connection.enter(|| self.stream.size_hint())
    }
}
