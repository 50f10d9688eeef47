//! The account of what is running: bounded, so that a shutdown can end what nobody else has ended.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Context, Open, Running};

/// More than the threads that usually begin and end actions at the same moment.
const SHARDS: usize = 16;

/// The actions that are running, each until somebody takes it.
pub(crate) struct OpenScopes {
    scopes_max: usize,
    open: AtomicUsize,
    shards: [Mutex<Shard>; SHARDS],
}

/// Why an action is not in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unlisted {
    /// There are as many as there may be.
    Full,
    /// They have all been taken, and no more are listed.
    Closed,
}

/// One part of the account, with a lock of its own: threads seldom wait for each other.
#[derive(Default)]
struct Shard {
    places: Vec<Option<(Running, Context)>>,
    free: Vec<usize>,
    closed: bool,
}

/// The place of an action in the account; dropping it gives the place back.
pub(crate) struct Slot {
    scopes: Arc<OpenScopes>,
    shard: usize,
    /// None if it was not needed.
    place: Option<usize>,
}

impl OpenScopes {
    /// Room for so many actions.
    pub(crate) fn new(scopes_max: usize) -> Arc<Self> {
        Arc::new(Self { scopes_max, open: AtomicUsize::new(0), shards: Default::default() })
    }

    /// Lists an action until it is taken.
    pub(crate) fn list(
        self: &Arc<Self>,
        running: &Running,
        context: &Context,
    ) -> Result<(), Unlisted> {
        if self.open.fetch_add(1, Relaxed) >= self.scopes_max {
            self.open.fetch_sub(1, Relaxed);
            return Err(Unlisted::Full);
        }
        // From here on dropping the slot counts the action out again.
        let mut slot = Slot { scopes: Arc::clone(self), shard: own_shard(), place: None };
        slot.place = Some(self.place(slot.shard, running, context)?);
        running.change(|open| open.slot = Some(slot));
        Ok(())
    }

    /// How many places are taken: by actions that run, and by those whose record is on its way.
    pub(crate) fn len(&self) -> usize {
        self.open.load(Acquire)
    }

    /// How many may be.
    pub(crate) fn max(&self) -> usize {
        self.scopes_max
    }

    /// Takes all actions, the last one to begin first, as nested ones end; no more are listed.
    pub(crate) fn take_all(&self) -> Vec<(Open, Context)> {
        let mut taken = Vec::new();
        for shard in 0..SHARDS {
            let places = {
                let mut shard = self.shard(shard);
                shard.closed = true;
                std::mem::take(&mut shard.places)
            };
            // Without the lock, which the slots of what is taken want.
            let listed = places.into_iter().flatten();
            taken.extend(listed.filter_map(|(running, context)| Some((running.take()?, context))));
        }
        taken.sort_by_key(|(open, _)| std::cmp::Reverse(open.started));
        taken
    }

    fn place(&self, shard: usize, running: &Running, context: &Context) -> Result<usize, Unlisted> {
        let listed = Some((running.clone(), context.clone()));
        let mut shard = self.shard(shard);
        if shard.closed {
            return Err(Unlisted::Closed);
        }
        match shard.free.pop() {
            Some(place) => {
                shard.places[place] = listed;
                Ok(place)
            }
            None => {
                shard.places.push(listed);
                Ok(shard.places.len() - 1)
            }
        }
    }

    fn shard(&self, shard: usize) -> MutexGuard<'_, Shard> {
        self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// The context of the action in this place.
    pub(super) fn context(&self) -> Option<Context> {
        let shard = self.scopes.shard(self.shard);
        let (_, context) = shard.places.get(self.place?)?.as_ref()?;
        Some(context.clone())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.scopes.open.fetch_sub(1, Release);
        let Some(place) = self.place else { return };
        let mut shard = self.scopes.shard(self.shard);
        // What a shutdown has taken is no longer there.
        let listed = shard.places.get_mut(place).and_then(Option::take);
        if listed.is_some() {
            shard.free.push(place);
        }
        // Whatever ends with it ends without the lock.
        drop(shard);
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slot").field(&self.place).finish()
    }
}

/// The shard of the running thread; threads get them in turn.
fn own_shard() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static SHARD: usize = THREADS.fetch_add(1, Relaxed) % SHARDS;
    }
    SHARD.with(|shard| *shard)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn begin(scopes: &Arc<OpenScopes>) -> (Running, Result<(), Unlisted>) {
        let running = Running::begin(Event::activity("Work"));
        let listed = scopes.list(&running, &Context::new());
        (running, listed)
    }

    #[test]
    fn whoever_takes_an_action_first_gives_its_place_back() {
        let scopes = OpenScopes::new(2);
        let (first, listed) = begin(&scopes);
        assert_eq!(listed, Ok(()));
        let (second, _) = begin(&scopes);
        assert_eq!(begin(&scopes).1, Err(Unlisted::Full));
        assert_eq!(scopes.len(), 2);
        assert!(first.take().is_some() && first.take().is_none());
        assert_eq!(begin(&scopes).1, Ok(()));
        assert_eq!(scopes.take_all().len(), 2);
        assert!(second.take().is_none());
        assert_eq!(scopes.len(), 0);
    }

    #[test]
    fn the_last_to_begin_is_taken_first_and_then_none_is_listed() {
        let scopes = OpenScopes::new(100);
        let begun: Vec<_> = (0..40).map(|_| begin(&scopes).0).collect();
        let taken = scopes.take_all();
        let order: Vec<_> = taken.iter().map(|(open, _)| open.draft.event.id).collect();
        let expected: Vec<_> = begun.iter().rev().map(Running::event).collect();
        assert_eq!(order, expected);
        assert_eq!(begin(&scopes).1, Err(Unlisted::Closed));
        drop(taken);
        assert_eq!(scopes.len(), 0);
    }

    #[test]
    fn places_are_used_again_by_all_threads() {
        let scopes = OpenScopes::new(1_000);
        let work = || {
            for _ in 0..1_000 {
                let (running, listed) = begin(&scopes);
                assert_eq!(listed, Ok(()));
                drop(running.take());
            }
        };
        std::thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(work);
            }
        });
        assert_eq!(scopes.len(), 0);
        let places: usize = (0..SHARDS).map(|shard| scopes.shard(shard).places.len()).sum();
        assert!(places <= 4, "{places}");
    }
}
