//! Texts that were made to be slow to read, each beside the clean lines.

use std::hint::black_box;

use audit_benches::{Table, Taken, interleave, median, paired_ratio};

/// How often each side runs.
const ROUNDS: usize = 20;
/// How long each text is.
const TEXT_BYTES: usize = 80_000;

/// What the texts repeat.
const ROWS: &[&str] = &[
    "password:",
    "_dpassword:$",
    "|password:***;",
    "REDACTED:PGPASSWORD=41114111",
    "<token>pwCookie: =passor",
    "psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=psk=\
     abcdefgh0123456789xmple..example",
    "ullpassword:hooks.slack.com/services/",
    "hooks.slack.com/services/....password:~",
    "-----END -----BEGIN PRIVATE KEY-----",
    "://ada:",
    "curl -u ",
];

/// A table of what a byte of each text costs.
pub(super) fn compared(clean: &[String]) -> Table {
    let names = (0..).map(|number| format!("a{number:x}_token: no ")).take(TEXT_BYTES / 16);
    let rows = ROWS.iter().map(|row| (*row, row.repeat(TEXT_BYTES / row.len())));
    let texts = rows.chain([("a0_token: no a1_token: no …", names.collect::<String>())]);
    let mut table = Table::new(&["a row of", "ns/byte", "ratio to a clean byte"]);
    let clean_bytes: usize = clean.iter().map(String::len).sum();
    for (name, text) in texts {
        let mut read = || {
            Taken::by(|| {
                black_box(audit_guard::scrub(&text));
            })
        };
        let mut read_clean = || {
            Taken::by(|| {
                clean.iter().for_each(|line| {
                    black_box(audit_guard::scrub(line));
                });
            })
        };
        let [hostile, base] = interleave(ROUNDS, [&mut read, &mut read_clean]);
        let nanos = median(hostile.iter().map(|taken| taken.thread)).as_nanos() as f64;
        let scale = clean_bytes as f64 / text.len() as f64;
        let ratio = paired_ratio(&hostile, &base, |taken| taken.thread) * scale;
        let short: String = name.chars().take(40).collect();
        let cost = nanos / text.len() as f64;
        table.row(&[short, format!("{cost:.1}"), format!("{ratio:.1}")]);
    }
    table
}
