//! One peer's connection: a request is read, done and answered before the next one is read.

use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use audit_journal::Appended;
use rustix::event::PollFlags;

use super::budget::{Budget, REQUESTS_MAX};
use super::protocol::{self, LINE_BYTES_MAX, Refusal, Request};
use super::tell;
use crate::event::Durability;
use crate::recorder::cell::{Cell, Ticket};
use crate::recorder::control::Prune;
use crate::recorder::control::entry::Peer;
use crate::recorder::pruning::{Answer, Unpruned};
use crate::recorder::{Receipt, Recorded, Shared, Unrecorded};

/// How long a peer may take for one request, and for taking one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many requests of one peer are looked at before those of the next.
pub(super) const REQUESTS_AT_ONCE: usize = 4;

/// How much is read at once.
const CHUNK_BYTES: usize = 4096;

/// What requests are answered from, at one moment.
pub(super) struct Desk<'a> {
    pub(super) shared: &'a Shared,
    pub(super) budget: &'a mut Budget,
    pub(super) waker: &'a Waker,
    pub(super) now: Instant,
}

/// A peer that was let in.
pub(super) struct Connection {
    pub(super) stream: UnixStream,
    pub(super) peer: Peer,
    incoming: Vec<u8>,
    outgoing: Vec<u8>,
    /// Of a record that the peer waits for.
    receipt: Option<Receipt>,
    /// Of what the peer has asked to prune, and until when it is waited for.
    pruning: Option<(Arc<Answer>, Instant)>,
    /// It is the writer's own user, or root.
    is_owner: bool,
    due: Instant,
    /// After this answer there is no other.
    is_last: bool,
    has_ended: bool,
}

impl Connection {
    pub(super) fn new(stream: UnixStream, peer: Peer, is_owner: bool) -> Self {
        Self {
            stream,
            peer,
            incoming: Vec::new(),
            outgoing: Vec::new(),
            receipt: None,
            pruning: None,
            is_owner,
            due: Instant::now() + PATIENCE,
            is_last: false,
            has_ended: false,
        }
    }

    /// Takes no more requests. True if a record is still waited for; the answer to it is sent as far as
    /// the peer takes it at once.
    pub(super) fn close(&mut self) -> bool {
        self.is_last = true;
        self.is_awaited()
    }

    /// True if something is waited for that the committer answers.
    fn is_awaited(&self) -> bool {
        self.receipt.is_some() || self.pruning.is_some()
    }

    /// True if a request was taken and not answered yet.
    fn is_owed(&self) -> bool {
        self.is_awaited() || !self.outgoing.is_empty()
    }

    /// When there is something to do whatever the peer does. A record has a deadline of its own.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = match &self.pruning {
            Some((_, until)) => *until,
            None if self.has_request() => Instant::now(),
            None => self.due,
        };
        self.receipt.is_none().then_some(due)
    }

    /// True if a request has been read that is to be looked at next.
    fn has_request(&self) -> bool {
        !self.is_owed() && self.incoming.contains(&b'\n')
    }

    /// What to wait for.
    pub(super) fn interest(&self) -> PollFlags {
        match (self.is_awaited(), self.outgoing.is_empty()) {
            (true, _) => PollFlags::empty(),
            (false, false) => PollFlags::OUT,
            (false, true) => PollFlags::IN,
        }
    }

    /// Notes that the peer is gone, and nobody is there to be answered.
    pub(super) fn hang_up(&mut self) {
        // What it has written before may still be there to be read, but its answer would not be.
        self.has_ended = true;
    }

    /// Does what can be done without waiting; false once the connection is over.
    pub(super) fn serve(&mut self, desk: &mut Desk<'_>) -> bool {
        for _ in 0..REQUESTS_AT_ONCE {
            let step = self.step(desk);
            if step.is_err() || self.has_ended {
                return false;
            }
            if !self.has_request() {
                break;
            }
        }
        self.is_awaited() || desk.now < self.due
    }

    fn step(&mut self, desk: &mut Desk<'_>) -> io::Result<()> {
        self.look_for_record(desk);
        self.look_for_pruning(desk);
        self.write()?;
        if !self.is_owed() && !self.is_last {
            self.read()?;
            self.take_line(desk);
            self.write()?;
        }
        self.has_ended |= self.is_last && !self.is_owed();
        Ok(())
    }

    /// Takes the next line, if it has been read to its end.
    fn take_line(&mut self, desk: &mut Desk<'_>) {
        match self.incoming.iter().position(|byte| *byte == b'\n') {
            Some(end) if end <= LINE_BYTES_MAX => {
                let line: Vec<u8> = self.incoming.drain(..=end).collect();
                self.take(&line, desk);
            }
            None if self.incoming.len() <= LINE_BYTES_MAX => {}
            _ => {
                let message = format!("a request has at most {LINE_BYTES_MAX} bytes");
                self.refuse(&Refusal::new("too_long", message), desk);
                self.is_last = true;
            }
        }
    }

    /// Does what a line asks for.
    fn take(&mut self, line: &[u8], desk: &mut Desk<'_>) {
        let Peer { user, .. } = self.peer;
        if !desk.budget.take(user, desk.now) {
            let message = format!(
                "more than {REQUESTS_MAX} requests of user {user} in a second: wait for the next one"
            );
            return self.refuse(&Refusal::new("over_budget", message), desk);
        }
        match protocol::parse(line) {
            Ok(Request::Append(entry)) => {
                let mut event = entry.event(Some(self.peer));
                event.durability = Some(Durability::Synced);
                self.hand_over(|shared| shared.record(&event), desk);
            }
            Ok(Request::Prune(prune)) => self.prune(prune, desk),
            Ok(Request::Watermark) => {
                let last = desk.shared.counters.last();
                let none = || Refusal::new("unknown", "no record is durable yet");
                self.answer(place(last.ok_or_else(none)), desk);
            }
            // Peers are served in the order in which they have connected, also one that has died since: what
            // it has asked for is in the queue by now.
            Ok(Request::Settled) => self.hand_over(settled, desk),
            Ok(Request::Health) => {
                self.answer(protocol::health(&desk.shared.health().to_json()), desk);
            }
            Err(refusal) => {
                self.refuse(&refusal, desk);
                self.is_last = true;
            }
        }
    }

    /// Hands something to the committer, and waits for that.
    fn hand_over(&mut self, hand: impl FnOnce(&Shared) -> Receipt, desk: &mut Desk<'_>) {
        // What is not taken here takes no room in the queue of a disk that does not answer, and is no loss
        // of the service's.
        if let Some(why) = desk.shared.refusal() {
            return self.refuse(&unrecorded(&why), desk);
        }
        self.receipt = Some(hand(desk.shared));
        self.look_for_record(desk);
    }

    /// Answers if the record that the peer waits for is durable, or known not to be.
    fn look_for_record(&mut self, desk: &Desk<'_>) {
        let Some(receipt) = &mut self.receipt else {
            return;
        };
        if let Poll::Ready(told) = Pin::new(receipt).poll(&mut Context::from_waker(desk.waker)) {
            self.receipt = None;
            self.answer(place(recorded(told)), desk);
        }
    }

    /// Hands what is to be pruned to the committer, for those who may have that done.
    fn prune(&mut self, prune: Prune, desk: &mut Desk<'_>) {
        if !self.is_owner {
            let user = self.peer.user;
            let message = format!(
                "user {user} may not prune this journal: only the writer's own user and root may"
            );
            self.refuse(&Refusal::new("not_allowed", message), desk);
            self.is_last = true;
            return;
        }
        // A full disk may have room for the record, and has more once the files are gone.
        if let Some(why) = desk.shared.refusal()
            && !matches!(why, Unrecorded::JournalFull(_))
        {
            return self.refuse(&unrecorded(&why), desk);
        }
        match desk.shared.pruning.ask(prune, self.peer.to_string()) {
            Some(answer) => {
                desk.shared.queue.rouse();
                self.pruning = Some((answer, desk.now + desk.shared.deadlines.limit()));
                self.look_for_pruning(desk);
            }
            None => {
                let message = "the journal is just being pruned: wait for that";
                self.refuse(&Refusal::new("over_budget", message), desk);
            }
        }
    }

    /// Answers if the pruning that the peer waits for is done, or not in time.
    fn look_for_pruning(&mut self, desk: &Desk<'_>) {
        let Some((answer, until)) = &self.pruning else {
            return;
        };
        let refusal = match answer.poll(desk.waker) {
            Poll::Ready(Ok(pruned)) => {
                self.pruning = None;
                return self.answer(protocol::pruned(&pruned), desk);
            }
            Poll::Ready(Err(Unpruned::Kept(why))) => Refusal::new("kept", why),
            Poll::Ready(Err(Unpruned::Failed(why))) => unrecorded(&why),
            Poll::Pending if desk.now < *until => return,
            Poll::Pending => {
                let message = "the disk did not answer in time, and it may be pruned all the same";
                Refusal::new("unknown", message)
            }
        };
        self.pruning = None;
        self.refuse(&refusal, desk);
    }

    fn refuse(&mut self, refusal: &Refusal, desk: &Desk<'_>) {
        desk.shared.counters.control_refused.fetch_add(1, Relaxed);
        self.answer(protocol::refusal(refusal), desk);
    }

    fn answer(&mut self, line: Vec<u8>, desk: &Desk<'_>) {
        self.outgoing = line;
        self.due = desk.now + PATIENCE;
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.outgoing.is_empty() {
            match tell(&self.stream, &self.outgoing) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => _ = self.outgoing.drain(..written),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads up to the end of a line, or what is too much for one.
    fn read(&mut self) -> io::Result<()> {
        let mut chunk = [0; CHUNK_BYTES];
        while self.incoming.len() <= LINE_BYTES_MAX && !self.incoming.contains(&b'\n') {
            match (&self.stream).read(&mut chunk) {
                Ok(0) => {
                    self.has_ended = true;
                    return Ok(());
                }
                Ok(read) => self.incoming.extend_from_slice(&chunk[..read]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Settles, with the last durable record, once all that is queued now has.
fn settled(shared: &Shared) -> Receipt {
    let cell = Arc::new(Cell::default());
    match shared.queue.follow(Ticket::new(&cell)) {
        Ok(()) => Receipt::pending(cell, Arc::clone(&shared.deadlines), None),
        Err(_) => Receipt::settled(Err(Unrecorded::Stopped)),
    }
}

fn place(found: Result<Appended, Refusal>) -> Vec<u8> {
    found.map_or_else(|why| protocol::refusal(&why), protocol::place)
}

/// The durable record, or why there is none that is known of.
fn recorded(answer: Result<Recorded, Unrecorded>) -> Result<Appended, Refusal> {
    match answer {
        Ok(Recorded::Durable { seq, hash }) => Ok(Appended { seq, hash }),
        Ok(Recorded::Queued) => {
            Err(Refusal::new("unknown", "it is queued and not known to be durable"))
        }
        Ok(Recorded::Counted) => Err(Refusal::new(
            "unrecorded",
            "it came in a flood: a record of that counts it, and it has none of its own",
        )),
        Err(why) => Err(unrecorded(&why)),
    }
}

fn unrecorded(why: &Unrecorded) -> Refusal {
    let code = match why {
        Unrecorded::DeadlineExpired(_) => "unknown",
        Unrecorded::Stopped => "stopped",
        _ => "unrecorded",
    };
    Refusal::new(code, why.to_string())
}
