//! Measures the guard: recall on labelled strings (`*.jsonl`), lines touched (every other file).

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use audit_guard::scrub;
use base64::Engine;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let shown = arguments.next_if_eq("--show").is_some();
    let (mut touched, mut lines) = (0, 0);
    for path in arguments {
        if path.ends_with(".jsonl") {
            labelled(Path::new(&path), shown)?;
            continue;
        }
        let bytes = std::fs::read(&path)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut own = 0;
        let start = Instant::now();
        for line in text.lines() {
            let scrubbed = scrub(line);
            if !scrubbed.caught.is_empty() {
                own += 1;
                if shown {
                    println!("{path}: {line}\n   -> {}", scrubbed.text);
                }
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        lines += text.lines().count();
        touched += own;
        let speed = bytes.len() as f64 / seconds / 1e6;
        println!("{own:5} of {:7} lines, {speed:6.0} MB/s  {path}", text.lines().count());
    }
    println!(
        "{touched} of {lines} lines touched: {:.3} %",
        100.0 * f64::from(touched) / lines.max(1) as f64
    );
    Ok(())
}

/// Prints recall and the share of harmless strings touched, for each kind and rule.
fn labelled(path: &Path, shown: bool) -> Result<(), Box<dyn std::error::Error>> {
    let mut table: BTreeMap<(String, String, bool), (u32, u32)> = BTreeMap::new();
    for line in std::fs::read_to_string(path)?.lines() {
        let row: serde_json::Value = serde_json::from_str(line)?;
        let word = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(word("text_base64"))
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let secret = row["secret"] == true;
        let caught = !scrub(&text).caught.is_empty();
        if shown && caught != secret {
            println!(
                "{} {}: {:?} -> {:?}",
                if secret { "MISSED" } else { "TOUCHED" },
                word("rule"),
                text,
                scrub(&text).text
            );
        }
        for rule in [word("rule"), "*".to_owned()] {
            let count = table.entry((word("kind"), rule, secret)).or_default();
            count.0 += u32::from(caught);
            count.1 += 1;
        }
    }
    for ((kind, rule, secret), (caught, all)) in table {
        let what = if secret { "found" } else { "touched" };
        println!(
            "{kind:7} {rule:28} {what:8} {caught:5} of {all:5}  {:.3}",
            f64::from(caught) / f64::from(all)
        );
    }
    Ok(())
}
