//! The bounded queue between callers and the committer: one arena of bytes, swapped as a whole.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use audit_journal::EventId;

use super::cell::Ticket;
use super::intents::Side;

/// How often the committer looks for the next event before it sleeps: some microseconds.
const LOOKS: u32 = 30;

/// How long events that nobody waits for wait for company: a write and a sync cost as much for one event
/// as for a hundred.
const HELD: Duration = Duration::from_millis(2);

/// What the memory of a batch may hold before it is given back, and what is held back at most.
const KEPT_BYTES: usize = 1 << 20;

/// Encoded events in the order of their arrival, waiting for the committer.
pub(super) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    bytes_max: usize,
}

/// Why an event found no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejected {
    Full,
    Closed,
}

#[derive(Default)]
struct State {
    batch: Batch,
    committer: Committer,
    /// Somebody waits for an event of the batch, or there is much of it, or something else is to be done.
    hurried: bool,
    closed: bool,
}

/// What wakes the committer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Committer {
    /// It is awake.
    #[default]
    Works,
    WaitsForAny,
    WaitsForHurry,
}

/// What the committer takes at once.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Of those who wait for nothing but what came before them.
    pub(super) followers: Vec<Ticket>,
    /// How many events found no place since the last batch.
    pub(super) lost: u64,
}

struct Entry {
    end: usize,
    ticket: Option<Ticket>,
    side: Side,
}

/// An event that was taken from the queue.
pub(super) struct Queued<'a> {
    pub(super) body: &'a [u8],
    pub(super) ticket: Option<Ticket>,
    pub(super) side: Side,
}

/// The end of an intent, which must be written however long the disk has no room.
pub(super) type End = (EventId, Vec<u8>);

impl Queued<'_> {
    /// A copy of it, if it ends an intent.
    pub(super) fn end(&self) -> Option<End> {
        match self.side {
            Side::End(id) => Some((id, self.body.to_vec())),
            _ => None,
        }
    }
}

impl Queue {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { state: Mutex::default(), filled: Condvar::new(), bytes_max }
    }

    /// Adds an encoded event, and the ticket to settle if somebody waits for it.
    ///
    /// Events that nobody waits for get half of the room, so that a flood of them cannot keep out
    /// those whose callers wait; what comes in floods of strangers gets a quarter, so that it cannot keep
    /// out the others. The end of an intent always finds room: without it the intent would stay open, and
    /// there are only so many. One that is offered again is not lost if there is no room, and finds some
    /// whenever nothing else waits, so it cannot be turned away for ever.
    pub(super) fn push(
        &self,
        body: &[u8],
        ticket: Option<Ticket>,
        side: Side,
        may_flood: bool,
    ) -> Result<(), Rejected> {
        let comes_again = ticket.as_ref().is_some_and(Ticket::comes_again);
        let is_awaited = ticket.is_some();
        let room = match (side, &ticket) {
            (Side::End(_), _) => usize::MAX,
            (_, Some(_)) if !comes_again => self.bytes_max,
            _ if may_flood => self.bytes_max / 4,
            _ => self.bytes_max / 2,
        };
        let mut state = self.state();
        if state.closed {
            return Err(Rejected::Closed);
        }
        let waiting = state.batch.bytes.len();
        let alone = waiting == 0 && comes_again;
        let fits = alone || waiting + body.len() <= room;
        if fits {
            state.batch.bytes.extend_from_slice(body);
            let end = state.batch.bytes.len();
            state.batch.entries.push(Entry { end, ticket, side });
        } else if !comes_again {
            state.batch.lost += 1;
        }
        // A loss is woken for as well: it is to be recorded, not remembered.
        state.hurried |= is_awaited || !fits || state.batch.bytes.len() >= self.held_bytes_max();
        let wake = match state.committer {
            Committer::Works => false,
            Committer::WaitsForAny => true,
            Committer::WaitsForHurry => state.hurried,
        };
        if wake {
            state.committer = Committer::Works;
        }
        drop(state);
        if wake {
            self.filled.notify_one();
        }
        fits.then_some(()).ok_or(Rejected::Full)
    }

    /// Adds a ticket that is to be settled once all that came before it is.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) fn follow(&self, ticket: Ticket) -> Result<(), Rejected> {
        let mut state = self.state();
        if state.closed {
            return Err(Rejected::Closed);
        }
        state.batch.followers.push(ticket);
        drop(state);
        self.rouse();
        Ok(())
    }

    /// Waits for events and takes all of them in exchange for `empty`; none after `patience`, and
    /// `None` once the queue is closed and drained. Events that nobody waits for are taken a little later.
    pub(super) fn take(&self, empty: Batch, patience: Duration) -> Option<Batch> {
        let mut state = self.look_again();
        if state.batch.is_empty() && !state.hurried && !state.closed {
            state = self.wait(state, Committer::WaitsForAny, patience);
        }
        if !state.batch.is_empty() && !state.hurried && !state.closed {
            state = self.wait(state, Committer::WaitsForHurry, HELD);
        }
        if state.batch.is_empty() && state.closed {
            return None;
        }
        state.hurried = false;
        Some(std::mem::replace(&mut state.batch, empty))
    }

    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        committer: Committer,
        patience: Duration,
    ) -> MutexGuard<'a, State> {
        state.committer = committer;
        let waited = self.filled.wait_timeout(state, patience);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.committer = Committer::Works;
        state
    }

    /// Looks a few times before the committer goes to sleep: whoever has just got a receipt often
    /// brings the next event, and falling asleep and waking costs more than a small commit.
    fn look_again(&self) -> MutexGuard<'_, State> {
        for _ in 0..LOOKS {
            let state = self.state();
            if state.closed || !state.batch.is_empty() {
                return state;
            }
            drop(state);
            std::thread::yield_now();
        }
        self.state()
    }

    /// Wakes the committer for something else than an event; if it does not sleep, it comes to that with
    /// its next look.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code))]
    pub(super) fn rouse(&self) {
        let mut state = self.state();
        state.hurried = true;
        state.committer = Committer::Works;
        drop(state);
        self.filled.notify_one();
    }

    /// Takes no more events; what is queued can still be taken.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
    }

    /// Gives up what is queued: dropping the tickets settles them.
    pub(super) fn give_up(&self) {
        let batch = std::mem::take(&mut self.state().batch);
        drop(batch);
    }

    /// True if so much waits that whoever can wait should.
    pub(super) fn is_crowded(&self) -> bool {
        self.depth().1 > self.bytes_max / 2
    }

    /// Events and bytes that wait now.
    pub(super) fn depth(&self) -> (usize, usize) {
        let state = self.state();
        (state.batch.entries.len(), state.batch.bytes.len())
    }

    /// How much may be held back: little of the room that events have which nobody waits for.
    fn held_bytes_max(&self) -> usize {
        KEPT_BYTES.min(self.bytes_max / 8)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Batch {
    /// The events in order.
    pub(super) fn events(&mut self) -> impl Iterator<Item = Queued<'_>> {
        let bytes = &self.bytes;
        let mut start = 0;
        self.entries.drain(..).map(move |entry| {
            let body = &bytes[start..entry.end];
            start = entry.end;
            Queued { body, ticket: entry.ticket, side: entry.side }
        })
    }

    /// Empties the batch and keeps its memory, unless one burst made it very large.
    pub(super) fn recycle(mut self) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT_BYTES);
        self.entries.clear();
        self.entries.shrink_to(KEPT_BYTES / 256);
        self.lost = 0;
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.followers.is_empty() && self.lost == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::Instant;

    use super::*;

    fn ticket() -> Option<Ticket> {
        Some(Ticket::new(&Arc::default()))
    }

    #[test]
    fn events_come_out_in_order_with_their_tickets() {
        let queue = Queue::new(1000);
        queue.push(b"one", None, Side::Neither, false).unwrap();
        queue.push(b"two", ticket(), Side::Neither, false).unwrap();
        let mut batch = queue.take(Batch::default(), Duration::ZERO).unwrap();
        let events: Vec<_> =
            batch.events().map(|event| (event.body.to_vec(), event.ticket.is_some())).collect();
        assert_eq!(events, [(b"one".to_vec(), false), (b"two".to_vec(), true)]);
    }

    #[test]
    fn a_flood_of_queued_events_leaves_room_for_awaited_ones_and_is_counted() {
        let queue = Queue::new(100);
        let flood: Vec<_> =
            (0..20).map(|_| queue.push(&[0; 10], None, Side::Neither, false)).collect();
        assert_eq!(flood.iter().filter(|pushed| pushed.is_ok()).count(), 5);
        for _ in 0..5 {
            queue.push(&[0; 10], ticket(), Side::Neither, false).unwrap();
        }
        let refused = queue.push(&[0; 10], ticket(), Side::Neither, false);
        assert_eq!(refused, Err(Rejected::Full));
        queue.push(&[0; 10], ticket(), Side::End(EventId::nil()), false).unwrap();
        assert_eq!(queue.take(Batch::default(), Duration::ZERO).unwrap().lost, 16);
    }

    #[test]
    fn a_flood_of_strangers_leaves_room_for_those_who_are_known() {
        let queue = Queue::new(100);
        let push = |may_flood| queue.push(&[0; 10], None, Side::Neither, may_flood);
        assert_eq!((0..20).filter(|_| push(true).is_ok()).count(), 2);
        assert_eq!((0..20).filter(|_| push(false).is_ok()).count(), 3);
    }

    #[test]
    fn a_closed_queue_is_drained_and_takes_no_more() {
        let queue = Queue::new(100);
        queue.push(b"kept", None, Side::Neither, false).unwrap();
        queue.close();
        assert_eq!(queue.push(b"late", None, Side::Neither, false), Err(Rejected::Closed));
        assert!(queue.take(Batch::default(), Duration::ZERO).is_some());
        assert!(queue.take(Batch::default(), Duration::ZERO).is_none());
    }

    #[test]
    fn what_nobody_waits_for_is_held_until_somebody_waits_beside_it() {
        let queue = Queue::new(1 << 30);
        let take = || {
            let begun = Instant::now();
            let batch = queue.take(Batch::default(), Duration::from_secs(60)).unwrap();
            (batch.entries.len(), begun.elapsed())
        };
        let push = |ticket| queue.push(b"event", ticket, Side::Neither, false).unwrap();
        push(None);
        let (events, held) = take();
        assert!(events == 1 && held >= HELD, "{events} after {held:?}");
        // A machine that is busy may take long to wake a thread, but not each time.
        let is_prompt = || {
            push(None);
            thread::scope(|threads| {
                let taking = threads.spawn(take);
                let is_held = || queue.state().committer == Committer::WaitsForHurry;
                while !is_held() && !taking.is_finished() {
                    thread::yield_now();
                }
                push(ticket());
                let (events, held) = taking.join().unwrap();
                if events == 1 {
                    take();
                }
                events == 2 && held < HELD
            })
        };
        assert!((0..100).any(|_| is_prompt()));
    }

    #[test]
    fn much_is_not_held_and_neither_is_a_loss() {
        for size in [20, 60] {
            let queue = Queue::new(100);
            let _ = queue.push(&vec![0; size], None, Side::Neither, false);
            assert!(queue.state().hurried, "{size}");
        }
    }

    #[test]
    fn an_idle_queue_gives_an_empty_batch_after_a_while() {
        let queue = Queue::new(100);
        let batch = queue.take(Batch::default(), Duration::from_millis(1)).unwrap();
        assert!(batch.is_empty());
    }
}
