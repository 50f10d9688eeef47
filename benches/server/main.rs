//! What auditing costs a server under load: processor time for each request, and requests a second.
//!
//! Each server is a process of its own, with one worker and a journal of its own, and `wrk` sends it requests.
//! In every round each side serves once, and is compared with the others of the same round. Processor time is
//! that of the whole process, the committer's thread and the system's calls included.
//! `server [cost|reads|synced…]` measures these parts alone. It needs Linux, `wrk`, `strace` and the
//! `taskset` of util-linux.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot measure stops")]

mod actix;
mod axum;
mod cost;
mod lines;
#[path = "../../examples/users_api/passwords.rs"]
#[expect(dead_code, reason = "the reads need no login")]
mod passwords;
#[path = "../../examples/users_api/problem.rs"]
#[expect(dead_code, reason = "the reads need no login")]
mod problem;
mod process;
mod reads;
mod role;
mod synced;
#[path = "../../examples/users_api/types.rs"]
#[expect(dead_code, reason = "the reads need no login")]
mod types;
#[path = "../../examples/users_api/users.rs"]
#[expect(dead_code, reason = "the reads need no login")]
mod users;
mod wrk;

use role::Role;

/// What can be measured alone.
const PARTS: [(&str, fn()); 3] =
    [("cost", cost::report), ("reads", reads::report), ("synced", synced::report)];

fn main() {
    if let Some(role) = Role::of_this_process() {
        return role.play();
    }
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if asked.iter().any(|name| PARTS.iter().all(|(part, _)| part != name)) {
        println!("usage: server [cost|reads|synced…]");
        std::process::exit(2);
    }
    process::demand(&["wrk", "strace", "taskset"]);
    for (part, report) in PARTS {
        if asked.is_empty() || asked.iter().any(|name| name == part) {
            report();
        }
    }
}
