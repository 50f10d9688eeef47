//! Says what an operator must hear: to `tracing`, or on standard error where nobody listens to that.

use std::fmt;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

/// How long the first one waits whose message is not taken: a pipe that nobody reads must not hold
/// up the writer of the journal, nor those who wait for it.
const PATIENCE: Duration = Duration::from_millis(100);

/// How many messages wait for a reader; what comes beyond is not said.
const WAITING_MAX: usize = 64;

/// Something is not recorded, or cannot be.
pub(crate) fn error(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::error!(target: "audit", "{message}");
    } else {
        on_stderr(message);
    }
}

/// Something has no effect, or not the one that it seems to have.
pub(crate) fn warning(message: fmt::Arguments<'_>) {
    if tracing::dispatcher::has_been_set() {
        tracing::warn!(target: "audit", "{message}");
    } else {
        on_stderr(message);
    }
}

/// The text of a checkpoint, which `audited verify --anchor` finds in a log: as a field of its own, so that each form of
/// logs holds it whole, on one line.
pub(crate) fn checkpoint(note: &str) {
    if tracing::dispatcher::has_been_set() {
        tracing::info!(target: "audit", checkpoint = note, "the journal's newest checkpoint");
    } else {
        on_stderr(format_args!("checkpoint={note:?}"));
    }
}

/// Counts once more, and returns the count at the 1st, 2nd, 4th, 8th … time: what may be so in each request
/// is to be no flood of messages.
pub(crate) fn seldom(counter: &AtomicU64) -> Option<u64> {
    let count = counter.fetch_add(1, Relaxed) + 1;
    count.is_power_of_two().then_some(count)
}

/// A service that listens to nothing must still hear it.
fn on_stderr(message: fmt::Arguments<'_>) {
    static SPEAKER: OnceLock<Option<Speaker>> = OnceLock::new();
    let text = format!("audit: {message}\n");
    match SPEAKER.get_or_init(|| Speaker::start(write)) {
        Some(speaker) => speaker.say(text),
        None => write(&text),
    }
}

fn write(text: &str) {
    // Unlike `eprintln!`, this does not panic where standard error is closed.
    _ = io::stderr().write_all(text.as_bytes());
}

/// The thread that writes, in the stead of threads that others wait for.
struct Speaker {
    messages: SyncSender<Message>,
    /// True while nobody takes what is said.
    is_unheard: Arc<AtomicBool>,
}

struct Message {
    text: String,
    said: SyncSender<()>,
}

impl Speaker {
    /// None where the operating system gives no thread.
    fn start(write: impl Fn(&str) + Send + 'static) -> Option<Self> {
        let (messages, received) = mpsc::sync_channel::<Message>(WAITING_MAX);
        let is_unheard = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&is_unheard);
        let speak = move || {
            for Message { text, said } in received {
                write(&text);
                _ = said.try_send(());
                heard.store(false, Relaxed);
            }
        };
        thread::Builder::new().name("audit-say".into()).spawn(speak).ok()?;
        Some(Self { messages, is_unheard })
    }

    /// Returns when it is said, as the process may end right after, or when nobody takes it.
    fn say(&self, text: String) {
        let (said, heard) = mpsc::sync_channel(1);
        let is_taken = self.messages.try_send(Message { text, said }).is_ok();
        if !is_taken || self.is_unheard.load(Relaxed) || heard.recv_timeout(PATIENCE).is_ok() {
            return;
        }
        self.is_unheard.store(true, Relaxed);
        // Unless it was said in this very moment, and the thread has taken that back already.
        if heard.try_recv().is_ok() {
            self.is_unheard.store(false, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_reader_who_does_not_read_holds_up_one_message_for_a_moment_and_no_other() {
        let (open, gate) = mpsc::channel::<()>();
        let said = Arc::new(Mutex::new(Vec::new()));
        let spoken = Arc::clone(&said);
        let write = move |text: &str| {
            // Waits until the other end is dropped, and never again.
            _ = gate.recv();
            spoken.lock().unwrap().push(text.to_owned());
        };
        let speaker = Speaker::start(write).unwrap();
        let begun = Instant::now();
        (0..1000).for_each(|number| speaker.say(number.to_string()));
        let took = begun.elapsed();
        assert!(took >= PATIENCE && took < 20 * PATIENCE, "{took:?}");
        assert!(said.lock().unwrap().is_empty());

        drop(open);
        let count = || said.lock().unwrap().len();
        while count() < WAITING_MAX || speaker.is_unheard.load(Relaxed) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{}", count());
            thread::yield_now();
        }
        // One is in the thread's hands while the others wait.
        assert!(count() <= WAITING_MAX + 1);
        assert_eq!(said.lock().unwrap()[..2], ["0", "1"]);
    }

    struct Ending;

    impl Drop for Ending {
        fn drop(&mut self) {
            on_stderr(format_args!("a thread has ended"));
        }
    }

    thread_local! {
        static ENDING: Ending = const { Ending };
    }

    #[test]
    fn a_thread_whose_memory_is_going_can_still_say_something() {
        // A panic in there would abort the process.
        let ended = thread::spawn(|| ENDING.with(|_| on_stderr(format_args!("a thread ends"))));
        ended.join().unwrap();
    }
}
