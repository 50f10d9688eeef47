//! What a failed assertion prints: what was looked for, how the nearest record differs, and all records.

use std::fmt::Write as _;

use serde_json::Value;

use super::condition::Condition;
use super::shown;
use crate::record::Record;

/// How many records the table has; a trail that has more is told to.
const ROWS_MAX: usize = 1_000;
/// The widest cell of the table, in characters, but for the last, which is as long as it is.
const CELL_CHARACTERS_MAX: usize = 40;
const COLUMNS: [&str; 8] =
    ["seq", "category", "action", "outcome", "actor", "targets", "reason", "fields"];

/// There are not the records that should be there.
pub(super) fn missing(
    conditions: &[Condition],
    count: Option<usize>,
    records: &[Record],
    found: &[usize],
) -> String {
    let mut text = match (count, found.len()) {
        (_, 0) if conditions.is_empty() => "there is no record".to_owned(),
        (_, 0) => "no record has all that was looked for".to_owned(),
        (Some(count), 1) => format!("1 record has all that was looked for, not {count}"),
        (Some(count), there) => {
            format!("{there} records have all that was looked for, not {count}")
        }
        (None, there) => format!("{there} records have all that was looked for"),
    };
    let nearest = if found.is_empty() { nearest(conditions, records) } else { None };
    let marked: Vec<usize> = nearest.map_or_else(|| found.to_vec(), |place| vec![place]);
    conditions_of(&mut text, conditions, records);
    if let Some(place) = nearest {
        differences(&mut text, conditions, &records[place]);
    }
    table(&mut text, records, &marked);
    text
}

/// There are records that should not be there.
pub(super) fn unwanted(conditions: &[Condition], records: &[Record], found: &[usize]) -> String {
    let mut text = match (conditions.is_empty(), found.len()) {
        (true, 1) => "there is a record".to_owned(),
        (true, there) => format!("there are {there} records"),
        (false, 1) => "a record has all that none should have".to_owned(),
        (false, there) => format!("{there} records have all that none should have"),
    };
    conditions_of(&mut text, conditions, records);
    table(&mut text, records, found);
    text
}

/// The record that has most of it; among equals one with the right action, then the latest.
fn nearest(conditions: &[Condition], records: &[Record]) -> Option<usize> {
    let met = |record: &Record| conditions.iter().filter(|it| it.holds(record)).count();
    let has_action = |record: &Record| {
        let mut actions = conditions.iter().filter(|it| matches!(it, Condition::Action(_)));
        actions.any(|it| it.holds(record))
    };
    let (place, record) = records
        .iter()
        .enumerate()
        .max_by_key(|(place, record)| (met(record), has_action(record), *place))?;
    (met(record) > 0).then_some(place)
}

fn conditions_of(text: &mut String, conditions: &[Condition], records: &[Record]) {
    for condition in conditions {
        // What a record has in this place is no secret, whatever another one withholds.
        let is_withheld = records.iter().any(|record| condition.is_withheld_by(record))
            && !records.iter().any(|record| condition.holds(record));
        _ = write!(text, "\n    {}", condition.wanted(is_withheld));
    }
}

fn differences(text: &mut String, conditions: &[Condition], record: &Record) {
    _ = write!(text, "\nthe nearest is record {}:", record.seq);
    for condition in conditions.iter().filter(|it| !it.holds(record)) {
        _ = write!(text, "\n    {}", condition.difference(record));
    }
}

fn table(text: &mut String, records: &[Record], marked: &[usize]) {
    if records.is_empty() {
        text.push_str(
            "\nthe trail is empty: code under test runs in `trail.run(…)` or `trail.enter(…)`, or behind a \
             middleware with `trail.recorder()`; a future does nothing until it is awaited",
        );
        return;
    }
    let rows: Vec<_> = records.iter().take(ROWS_MAX).map(cells).collect();
    let header = COLUMNS.map(str::to_owned);
    let widths = widths(&header, &rows);
    text.push_str("\nall records:");
    row(text, ' ', &header, &widths);
    for (place, cells) in rows.iter().enumerate() {
        row(text, if marked.contains(&place) { '>' } else { ' ' }, cells, &widths);
    }
    if records.len() > ROWS_MAX {
        _ = write!(text, "\n  … and {} more", records.len() - ROWS_MAX);
    }
}

type Cells = [String; COLUMNS.len()];

fn cells(record: &Record) -> Cells {
    let or_dash = |text: Option<String>| text.filter(|it| !it.is_empty()).unwrap_or("-".to_owned());
    let arguments = &record.arguments;
    let fields = (!arguments.is_empty()).then(|| shown::json(&Value::Object(arguments.clone())));
    let reason = record.reason.as_ref().map(|reason| &reason.code).or(record.error_type.as_ref());
    let cells = [
        record.seq.to_string(),
        shown::escape(&record.category.to_string()),
        shown::escape(&record.action),
        shown::escape(&record.outcome.to_string()),
        or_dash(record.actor.as_ref().map(shown::actor)),
        or_dash(Some(shown::targets(record))),
        or_dash(reason.map(|reason| shown::escape(reason))),
    ];
    let [seq, category, action, outcome, actor, targets, reason] = cells.map(cut);
    [seq, category, action, outcome, actor, targets, reason, or_dash(fields)]
}

fn cut(cell: String) -> String {
    if cell.chars().count() <= CELL_CHARACTERS_MAX {
        return cell;
    }
    cell.chars().take(CELL_CHARACTERS_MAX - 1).chain(['…']).collect()
}

fn widths(header: &Cells, rows: &[Cells]) -> [usize; COLUMNS.len()] {
    std::array::from_fn(|column| {
        let cells = rows.iter().chain([header]).map(|cells| cells[column].chars().count());
        cells.max().unwrap_or_default()
    })
}

fn row(text: &mut String, mark: char, cells: &Cells, widths: &[usize; COLUMNS.len()]) {
    let mut line = format!("\n{mark}");
    for (cell, width) in cells.iter().zip(widths) {
        _ = write!(line, " {cell:width$}");
    }
    text.push_str(line.trim_end_matches(' '));
}
