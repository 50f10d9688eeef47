//! The service that the matrix is made with: a process of its own, with its journal on disk.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use audit_runtime::{Recorder, health};
use tokio::time::sleep;

use super::grid::{DURABILITIES, Framework};
use super::marks::{LOOK, Marks, Sign};
use super::{actix, axum, process, shapes};
use crate::web::HeldClock;

/// How long a request below `/hasty` may take.
pub(super) const LIMIT: Duration = Duration::from_millis(200);
/// How long the server waits for its requests when it is stopped.
pub(super) const STOP: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

static MUST_STOP: AtomicBool = AtomicBool::new(false);
static MUST_DROP: AtomicBool = AtomicBool::new(false);
static CLOCK: LazyLock<Arc<HeldClock>> = LazyLock::new(Arc::default);

/// Serves until killed or told to stop, and ends the process.
pub(super) fn serve() -> ! {
    silence_wanted_panics();
    let recorder = Recorder::builder(process::journal()).clock(CLOCK.clone());
    // The slowest machine is in no danger to be taken for a disk that does not answer.
    // And so many requests from one address are no flood.
    let recorder = recorder.wait_ms_max(60_000).flood_source_max(u64::MAX).install().unwrap();
    let runtime = match Framework::of(&process::journal()) {
        Framework::Actix => actix::serve(),
        Framework::Axum => axum::serve(),
    };
    if runtime.is_none() {
        wait_for_all_but_threads();
    }
    recorder.shutdown(PATIENCE).unwrap();
    // Nothing waits for the threads.
    std::process::exit(0)
}

/// Waits until everything that is dropped, each in its own time, is recorded. What runs on threads is
/// left: a function for each durability.
fn wait_for_all_but_threads() {
    let begun = Instant::now();
    while health().open_scopes > DURABILITIES.len() as u64 {
        assert!(begun.elapsed() < PATIENCE, "what could not be finished was never dropped");
        std::thread::sleep(LOOK);
    }
}

/// Returns when the server must stop.
pub(super) async fn told_to_stop() {
    while !MUST_STOP.load(SeqCst) {
        sleep(LOOK).await;
    }
}

/// True if nothing is to run on when the recorder is shut down.
pub(super) fn must_drop() -> bool {
    MUST_DROP.load(SeqCst)
}

/// How many actions and requests are running.
pub(super) async fn open() -> String {
    health().open_scopes.to_string()
}

pub(super) async fn stop() -> &'static str {
    MUST_STOP.store(true, SeqCst);
    ""
}

/// Stops the server, and drops the runtime before the recorder is shut down.
pub(super) async fn stop_and_drop() -> &'static str {
    MUST_DROP.store(true, SeqCst);
    stop().await
}

/// From now on nothing is written: the journal looks at the clock for every record.
pub(super) async fn hold() -> &'static str {
    std::mem::forget(CLOCK.hold());
    ""
}

/// Tells, when it is dropped, that the request with these ids is over; what comes later is dropped
/// before it.
pub(super) struct Over(String);

impl Over {
    pub(super) fn of(correlation_id: Option<&[u8]>) -> Self {
        Self(String::from_utf8_lossy(correlation_id.unwrap_or_default()).into_owned())
    }
}

impl Drop for Over {
    fn drop(&mut self) {
        Marks::of(&process::journal()).set(Sign::Over, &self.0);
    }
}

fn silence_wanted_panics() {
    let next = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref() != Some(&shapes::PANIC) {
            next(panic);
        }
    }));
}
