//! The load: `wrk` on one thread, with as many connections as are asked.

use std::process::Command;

/// What a browser would say of itself.
const USER_AGENT: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

pub(crate) struct Load {
    pub(crate) connections: u32,
    pub(crate) seconds: u32,
}

/// What was answered.
pub(crate) struct Sent {
    pub(crate) requests: u64,
    /// Requests a second.
    pub(crate) rate: f64,
}

/// Sends requests to a server that answers each of them well.
pub(crate) fn send(load: &Load, address: &str, path: &str) -> Sent {
    let Load { connections, seconds } = load;
    let url = format!("http://{address}{path}");
    let told = Command::new("wrk")
        .args([
            "-t1",
            &format!("-c{connections}"),
            &format!("-d{seconds}s"),
            "-H",
            USER_AGENT,
            &url,
        ])
        .output()
        .unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    assert!(!told.contains("Non-2xx") && !told.contains("Socket errors"), "{url}: {told}");
    let word_of =
        |line: &str, number: usize| line.split_whitespace().nth(number).map(str::to_owned);
    let line_with = |part: &str| told.lines().find(|line| line.contains(part)).unwrap_or_default();
    Sent {
        requests: word_of(line_with("requests in"), 0).unwrap().parse().unwrap(),
        rate: word_of(line_with("Requests/sec:"), 1).unwrap().parse().unwrap(),
    }
}
