//! The smallest executor there is: many tasks on this thread, which sleeps while all of them wait.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Release};
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};

type Work<'a> = Pin<Box<dyn Future<Output = u64> + 'a>>;

/// Says that one task can go on.
struct Ready {
    woken: AtomicBool,
    thread: Thread,
}

impl Wake for Ready {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Release);
        self.thread.unpark();
    }
}

/// Runs all tasks to their end and adds up what they return.
pub(crate) fn run_all<'a, F: Future<Output = u64> + 'a>(tasks: impl Iterator<Item = F>) -> u64 {
    let ready = || Arc::new(Ready { woken: AtomicBool::new(true), thread: thread::current() });
    let mut open: Vec<(Arc<Ready>, Work<'a>)> =
        tasks.map(|task| (ready(), Box::pin(task) as Work<'a>)).collect();
    let mut sum = 0;
    while !open.is_empty() {
        let before = open.len();
        let mut polled = false;
        open.retain_mut(|(ready, task)| {
            if !ready.woken.swap(false, AcqRel) {
                return true;
            }
            polled = true;
            let waker = Waker::from(Arc::clone(ready));
            let done = task.as_mut().poll(&mut Context::from_waker(&waker));
            if let std::task::Poll::Ready(result) = done {
                sum += result;
            }
            done.is_pending()
        });
        if !polled && open.len() == before {
            thread::park();
        }
    }
    sum
}
