//! Honest log lines are left as they are: those that programs wrote, and made ones.
//!
//! Those of programs lie in `tests/data/sanitize/honest`, whose NOTICE says how each file was made. The made
//! ones have the forms of common programs. A number of 16 digits by chance is a card in form,
//! once in about thirty; no line made here holds one.

use std::path::Path;

use audit_guard::scrub;

/// So many lines are made.
const MADE_LINES: u64 = 20_000;
/// As many lines and files as README tells of: the guard is told to touch none of them.
const WRITTEN_LINES: usize = 14_134;
const WRITTEN_FILES: usize = 23;
/// The share of the made lines that may be touched: 0.15 %.
const TOUCHED_MAX: f64 = 0.0015;

/// Numbers that look like chance and are the same in each run (SplitMix64, by Steele and others).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn uuid(&mut self) -> String {
        let (one, two) = (self.next(), self.next());
        let (high, low) = (one >> 32, one & 0xffff);
        let (third, fourth) = (two >> 52, two >> 40 & 0xfff);
        format!("{high:08x}-{low:04x}-4{third:03x}-8{fourth:03x}-{:012x}", two & 0xffff_ffff_ffff)
    }

    fn hex(&mut self, digits: usize) -> String {
        let words: String =
            (0..digits.div_ceil(16)).map(|_| format!("{:016x}", self.next())).collect();
        words[..digits].to_owned()
    }

    fn address(&mut self) -> String {
        let octets: Vec<String> = (0..4).map(|_| self.below(256).to_string()).collect();
        octets.join(".")
    }

    fn time(&mut self) -> String {
        let (month, day, hour) = (1 + self.below(12), 1 + self.below(28), self.below(24));
        let (minute, second, micros) = (self.below(60), self.below(60), self.below(1_000_000));
        format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }
}

/// A line in one of the forms.
fn made(form: u64, n: &mut Numbers) -> String {
    let time = n.time();
    match form {
        0 => format!(
            r#"{} - - [22/Nov/2026:15:{:02}:{:02} +0000] "GET /items/{}?page={} HTTP/1.1" 200 {} "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36""#,
            n.address(),
            n.below(60),
            n.below(60),
            n.next(),
            n.below(90),
            n.below(99_999)
        ),
        1 => format!(
            "{time}  INFO request{{id={} method=GET}}: tower_http: finished latency={} ms status=200",
            n.uuid(),
            n.below(900)
        ),
        2 => format!(
            "{time} INFO dfs.DataNode: Received block blk_-{} of size {} from /{}",
            n.next(),
            n.below(1 << 27),
            n.address()
        ),
        3 => format!(
            "{time} - INFO [main:ZooKeeperServer] - Established session 0x{} with negotiated timeout {} for client /{}:{}",
            n.hex(15),
            n.below(40_000),
            n.address(),
            n.below(65_536)
        ),
        4 => format!(
            "Nov 22 15:{:02}:01 web{} sshd[{}]: Failed password for invalid user admin from {} port {} ssh2",
            n.below(60),
            n.below(9),
            n.below(32_768),
            n.address(),
            n.below(65_536)
        ),
        5 => format!(
            r#"{{"ts":"{time}","level":"info","trace_id":"{}","span_id":"{}","msg":"served","bytes":{},"token_count":{}}}"#,
            n.hex(32),
            n.hex(16),
            n.next(),
            n.below(4096)
        ),
        _ => made_of_systems(form, n, &time),
    }
}

/// The other forms: databases, containers, kernels.
fn made_of_systems(form: u64, n: &mut Numbers, time: &str) -> String {
    match form {
        6 => format!(
            "{time} [pg] LOG:  duration: {}.{:03} ms  statement: SELECT id FROM sessions WHERE key = $1",
            n.below(100),
            n.below(1000)
        ),
        7 => format!(
            "pulled registry.example/app@sha256:{} in {}ms, layer {}",
            n.hex(64),
            n.below(9_000),
            n.hex(12)
        ),
        8 => format!(
            "I1122 15:{:02}:{:02}.{:06} {} controller.go:{}] pod app-{}-{} scheduled uid={}",
            n.below(60),
            n.below(60),
            n.below(1_000_000),
            n.below(9),
            n.below(999),
            n.hex(10),
            n.hex(5),
            n.uuid()
        ),
        9 => format!(
            "{time} req-{} nova.compute instance: {} took {}.{} seconds, id {}",
            n.uuid(),
            n.uuid(),
            n.below(60),
            n.below(100),
            n.next() >> 24
        ),
        10 => format!(
            "kernel: [{}.{:06}] eth0: link up, {} Mbps, lpa 0x{} token bucket {}",
            n.below(99_999),
            n.below(1_000_000),
            n.below(10_000),
            n.hex(4),
            n.below(100)
        ),
        _ => format!(
            "{time} WARN hyper: connection to https://api.example:8443/v1/orders/{}/ closed, offset {} etag W/\"{}\"",
            n.uuid(),
            n.next(),
            n.hex(32)
        ),
    }
}

/// The lines that programs wrote, by file.
fn written() -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sanitize/honest");
    let paths = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let logs = paths.filter(|path| path.extension().is_some_and(|it| it == "log"));
    let lines = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    logs.map(|path| (path.display().to_string(), lines(&path))).collect()
}

fn touched(lines: &[String]) -> Vec<&String> {
    lines.iter().filter(|line| !scrub(line).caught.is_empty()).collect()
}

#[test]
fn lines_that_programs_wrote_are_left_as_they_are() {
    let files = written();
    let lines: Vec<String> = files.iter().flat_map(|(_, lines)| lines.clone()).collect();
    assert_eq!((lines.len(), files.len()), (WRITTEN_LINES, WRITTEN_FILES));
    for (path, own) in &files {
        assert!(own.len() * 4 <= lines.len(), "{path} is more than a quarter of all");
    }
    assert_eq!(touched(&lines), [""; 0]);
}

#[test]
fn hardly_any_made_line_is_touched() {
    let mut numbers = Numbers(7);
    let lines: Vec<String> = (0..MADE_LINES).map(|line| made(line % 12, &mut numbers)).collect();
    let touched = touched(&lines);
    println!("{} of {} made lines touched", touched.len(), lines.len());
    let share = touched.len() as f64 / lines.len() as f64;
    assert!(share <= TOUCHED_MAX, "{share}: {:#?}", &touched[..touched.len().min(20)]);
}
