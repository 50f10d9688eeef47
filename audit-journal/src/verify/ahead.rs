//! Reads segments ahead of the judge, and hashes their lines on other threads.
//!
//! What comes of that are facts about bytes. The judge goes by one only for a line that has these very bytes, and
//! finds out by itself what it is not told: its judgement is the same on any number of threads.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::fact::{Block, Fact};
use crate::error::Error;
use crate::segment;
use crate::storage::{Access, Storage, StorageFile};

/// What is read and hashed as one piece; the tests have many of them in a small journal.
const BLOCK_BYTES: u64 = if cfg!(test) { 700 } else { 256 * 1024 };
/// How many of them wait for each thread, hashed or not.
const BLOCKS_FOR_A_THREAD: usize = 4;

/// The blocks that the judge is about to come to.
pub(super) struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
    blocks_max: usize,
}

#[derive(Default)]
struct State {
    /// In the order of the walk.
    slots: VecDeque<Slot>,
    /// What follows them.
    plans: VecDeque<Plan>,
    is_over: bool,
}

/// A part of a segment that is not in a slot yet.
struct Plan {
    file: Shared,
    start: u64,
    end: u64,
}

struct Slot {
    file: Shared,
    start: u64,
    work: Work,
}

enum Work {
    Waiting,
    Begun,
    Done(Arc<Block>),
}

/// A segment that several threads read.
#[derive(Clone)]
pub(super) struct Shared {
    first: u64,
    file: Arc<Mutex<Box<dyn StorageFile>>>,
}

/// Has other threads hash ahead of `work`; with one thread there is nobody ahead.
pub(super) fn with<T>(threads: usize, work: impl FnOnce(Option<&Arc<Ahead>>) -> T) -> T {
    if threads < 2 {
        return work(None);
    }
    let blocks_max = threads.saturating_mul(BLOCKS_FOR_A_THREAD);
    let ahead = Ahead { state: Mutex::default(), changed: Condvar::new(), blocks_max };
    let ahead = Arc::new(ahead);
    thread::scope(|scope| {
        // Also where the work panics: the scope waits for all threads.
        let _over = Over(&ahead);
        for _ in 1..threads {
            let thread = thread::Builder::new().name("audit-hash".into());
            // Fewer threads do the same.
            if thread.spawn_scoped(scope, || ahead.work()).is_err() {
                break;
            }
        }
        work(Some(&ahead))
    })
}

struct Over<'a>(&'a Ahead);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.changed.notify_all();
    }
}

impl Ahead {
    /// Has a segment read behind those that are planned already.
    pub(super) fn plan(&self, storage: &dyn Storage, first: u64) -> Result<Shared, Error> {
        let name = segment::name(first);
        let file = storage.open(&name, Access::Read).map_err(Error::io(storage, "open", &name))?;
        let end = file.len().map_err(Error::io(storage, "read", &name))?;
        let file = Shared { first, file: Arc::new(Mutex::new(file)) };
        let mut state = self.state();
        state.plans.push_back(Plan { file: file.clone(), start: 0, end });
        state.fill(self.blocks_max);
        self.changed.notify_all();
        Ok(file)
    }

    /// Lets go of all blocks before this byte, and returns the one that it is in, if that is hashed.
    fn pass(&self, first: u64, offset: u64) -> Option<Arc<Block>> {
        let mut state = self.state();
        while state.slots.front().is_some_and(|slot| slot.is_before(first, offset)) {
            state.slots.pop_front();
        }
        state.fill(self.blocks_max);
        self.changed.notify_all();
        state.slots.iter().find(|slot| slot.holds(first, offset))?.block()
    }

    /// The block with this byte, unless it is not planned; waits for it, and works meanwhile.
    fn wait(&self, first: u64, offset: u64) -> Option<Arc<Block>> {
        let mut state = self.state();
        loop {
            let slot = state.slots.iter().find(|slot| slot.holds(first, offset))?;
            if let Some(block) = slot.block() {
                return Some(block);
            }
            state = match state.claim() {
                Some((file, start)) => self.hash(state, &file, start),
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// What the other threads do.
    fn work(&self) {
        let mut state = self.state();
        while !state.is_over {
            state = match state.claim() {
                Some((file, start)) => self.hash(state, &file, start),
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn hash<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        file: &Shared,
        start: u64,
    ) -> MutexGuard<'a, State> {
        drop(state);
        // Whoever waits must not do so for ever, and finds out by itself what a panic has left open.
        let read = || Block::read(&**file.lock(), file.first, start, start + BLOCK_BYTES);
        let block = catch_unwind(AssertUnwindSafe(|| read().hashed())).unwrap_or_default();
        let mut state = self.state();
        let slot = state.slots.iter_mut().find(|slot| slot.holds(file.first, start));
        if let Some(slot) = slot {
            slot.work = Work::Done(Arc::new(block));
        }
        self.changed.notify_all();
        state
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fill(&mut self, blocks_max: usize) {
        while self.slots.len() < blocks_max {
            let Some(plan) = self.plans.front_mut() else { return };
            if plan.start >= plan.end {
                self.plans.pop_front();
                continue;
            }
            let (file, start) = (plan.file.clone(), plan.start);
            plan.start += BLOCK_BYTES;
            self.slots.push_back(Slot { file, start, work: Work::Waiting });
        }
    }

    fn claim(&mut self) -> Option<(Shared, u64)> {
        let slot = self.slots.iter_mut().find(|slot| matches!(slot.work, Work::Waiting))?;
        slot.work = Work::Begun;
        Some((slot.file.clone(), slot.start))
    }
}

impl Slot {
    fn holds(&self, first: u64, offset: u64) -> bool {
        self.file.first == first && (self.start..self.start + BLOCK_BYTES).contains(&offset)
    }

    fn is_before(&self, first: u64, offset: u64) -> bool {
        (self.file.first, self.start + BLOCK_BYTES) <= (first, offset)
    }

    fn block(&self) -> Option<Arc<Block>> {
        match &self.work {
            Work::Done(block) => Some(Arc::clone(block)),
            Work::Waiting | Work::Begun => None,
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Box<dyn StorageFile>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same for a walk: what was read ahead is not read again.
    pub(super) fn reading(self, ahead: &Arc<Ahead>) -> Box<dyn StorageFile> {
        Box::new(Reading { shared: self, ahead: Arc::clone(ahead) })
    }
}

/// What is known of the lines of one segment.
pub(super) struct Facts {
    ahead: Arc<Ahead>,
    first: u64,
    block: Arc<Block>,
}

impl Facts {
    pub(super) fn of(ahead: &Arc<Ahead>, first: u64) -> Self {
        Self { ahead: Arc::clone(ahead), first, block: Arc::default() }
    }

    /// What is known of the line at `offset` that has these bytes.
    pub(super) fn of_line(&mut self, offset: u64, line: &[u8]) -> Option<&Fact> {
        if !self.block.holds(self.first, offset) {
            self.block = self.ahead.pass(self.first, offset)?;
        }
        self.block.fact(offset, line)
    }
}

/// A segment as the walk reads it.
struct Reading {
    shared: Shared,
    ahead: Arc<Ahead>,
}

impl StorageFile for Reading {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let block = self.ahead.wait(self.shared.first, offset);
        match block.map_or(0, |block| block.copy(offset, buffer)) {
            0 => self.shared.lock().read_at(offset, buffer),
            copied => Ok(copied),
        }
    }

    fn len(&self) -> io::Result<u64> {
        self.shared.lock().len()
    }
}
