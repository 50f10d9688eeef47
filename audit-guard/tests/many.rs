//! Many watched secrets: how many there may be, threads at once, and secrets with one beginning.
//!
//! In a file of its own, because the guard of a process has room for so many and no more.

use std::time::{Duration, Instant};

use audit_guard::{Unwatched, scrub, watch};

fn secret(number: usize) -> String {
    format!("eyJhbGciOiJIUzI1NiJ9-{number:05}-{:x}", number * 0x9e37_79b9)
}

/// The time that a text takes which repeats what all the secrets begin with; the least of several.
fn time(times: usize) -> Duration {
    let text = "eyJhbGciOiJIUzI1NiJ9-".repeat(times);
    let tries = (0..5).map(|_| {
        let start = Instant::now();
        assert!(scrub(&text).caught.is_empty());
        start.elapsed()
    });
    tries.min().unwrap_or_default()
}

#[test]
fn a_thousand_secrets_are_watched_by_many_threads_and_no_more() {
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                for number in 0..200 {
                    let text = secret(thread * 1_000 + number);
                    let watch = watch(text.as_bytes()).unwrap();
                    assert_eq!(scrub(&format!("a {text} b")).text, "a [REDACTED:live] b");
                    drop(watch);
                }
            });
        }
    });
    let mut watches: Vec<_> = (0..1_024).map(|it| watch(secret(it).as_bytes()).unwrap()).collect();
    assert_eq!(watch(b"one-too-many").map(drop), Err(Unwatched::Full));
    for number in [0, 511, 1_023] {
        assert_eq!(scrub(&secret(number)).text, "[REDACTED:live]");
    }
    let growth = time(20_000).as_secs_f64() / time(2_000).as_secs_f64();
    assert!(growth < 40.0 || time(20_000).as_secs_f64() / time(2_000).as_secs_f64() < 40.0);
    drop(watches.pop());
    watches.push(watch(b"one-in-its-place").unwrap());
    drop(watches);
    assert!(scrub(&secret(0)).caught.of(audit_guard::Kind::Live) == 0);
}
