//! The plan as a table or as one JSON object.

use std::io::{self, Write};
use std::path::Path;

use audit_runtime::control::Pruned;
use serde::Serialize;

use super::plan::{Fate, Plan, Policy, Row};
use crate::arguments::Retain;
use crate::failure::Failure;
use crate::terminal;

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    journal: String,
    dry_run: bool,
    retention_days_min: u32,
    #[serde(flatten)]
    plan: &'a Plan,
    /// The first record that stays by the plan; `null` if nothing goes.
    before_seq: Option<u64>,
    /// What was removed, or what the service would remove; `null` if nothing was, or nobody was asked.
    pruned: Option<&'a Pruned>,
}

pub(super) fn print(
    arguments: &Retain,
    journal: &Path,
    policy: &Policy,
    plan: &Plan,
    pruned: Option<&Pruned>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if arguments.json {
        let report = Report {
            journal: journal.display().to_string(),
            dry_run: arguments.dry_run,
            retention_days_min: policy.days_min,
            plan,
            before_seq: plan.before_seq(),
            pruned,
        };
        serde_json::to_writer(&mut *out, &report).map_err(io::Error::from)?;
        return Ok(writeln!(out)?);
    }
    for row in &plan.segments {
        let Row { first_seq, last_seq, records, newest, .. } = row;
        let newest = newest.get(..19).unwrap_or(newest);
        let fate = fate(&row.fate);
        let fate = terminal::escape(&fate);
        writeln!(
            out,
            "seq {first_seq:>10} to {last_seq:>10} {records:>8} records to {newest}Z  {fate}"
        )?;
    }
    let name = journal.display().to_string();
    writeln!(out, "{}: {}", terminal::escape(&name), summary(arguments.dry_run, plan, pruned))?;
    Ok(())
}

fn fate(fate: &Fate) -> String {
    let day = |until: &str| until.get(..10).unwrap_or(until).to_owned();
    match fate {
        Fate::Goes => "goes".to_owned(),
        Fate::Class { class, seq, until: Some(until) } => {
            format!("stays until {}: {class} of record {seq}", day(until))
        }
        Fate::Class { class, seq, until: None } => {
            format!("stays: {class} of record {seq} has no days in [retention]")
        }
        Fate::Minimum { until } => format!("stays until {}: retention_days_min", day(until)),
        Fate::Intent { seq } => format!("stays: the action of record {seq} has no end yet"),
        Fate::Needed => "stays: a start looks here for actions without an end".to_owned(),
        Fate::Written => "stays: the service goes on here".to_owned(),
        Fate::Behind => "stays: one before it does".to_owned(),
    }
}

fn summary(is_dry_run: bool, plan: &Plan, pruned: Option<&Pruned>) -> String {
    let Some(before) = plan.before_seq() else {
        return "nothing goes".to_owned();
    };
    let would = format!("all before seq {before} would go");
    let Some(Pruned { first_seq, last_seq, segments, seq, left_over, .. }) = pruned else {
        return format!("{would}; nothing was removed");
    };
    let range = format!("seq {first_seq} to {last_seq} in {segments} segments");
    match seq {
        Some(seq) if *left_over > 0 => {
            format!(
                "pruned {range}, as record {seq} says; {left_over} files are still being removed"
            )
        }
        Some(seq) => format!("pruned {range}, as record {seq} says"),
        None if is_dry_run => format!("the service would remove {range}; nothing was removed"),
        None => would,
    }
}
