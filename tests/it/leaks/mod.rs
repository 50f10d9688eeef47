//! The leak-path table: every known way of a secret to a log, and what stops it, really tried.
//!
//! A row is tried for both forms of protection. Either it does not compile, and a case below
//! `tests/ui/leaks` shows the message; or it runs, and its output is searched for the secret, beside
//! that of the same code with unprotected types, where the search must find it.

mod canary;
mod cases;
mod elsewhere;
mod field;
mod forms;
mod masks;
mod mistakes;
mod open;
mod outputs;
mod page;
mod parsers;
mod serializers;
mod served;
mod table;
mod whole;

use std::collections::HashSet;

use forms::{Bare, Form, Plain, Wrapped};
use table::{Cell, Proof, Row, parts, parts_of};

/// The groups of the table, in the order of the page.
const GROUPS: &[(&str, &[Row])] = &[
    ("A whole value", whole::ROWS),
    ("A field", field::SHOWN),
    ("A field, converted", field::CONVERTED),
    ("Annotations", mistakes::ROWS),
    ("Serializers", serializers::ROWS),
    ("Parsers that repeat what they refuse", parsers::ROWS),
    ("Elsewhere", elsewhere::ROWS),
];

#[test]
fn every_row_is_stopped_in_both_forms() {
    let mut faults = Vec::new();
    for row in rows() {
        for (form, cell) in row.cells() {
            faults.extend(fault(row, cell).map(|fault| format!("{}, {form}: {fault}\n", row.id)));
        }
    }
    assert!(faults.is_empty(), "rows of the leak-path table:\n{}", faults.concat());
}

/// What is wrong with the proof of a cell; its text never holds what the row printed.
fn fault(row: &Row, cell: &Cell) -> Option<String> {
    match &cell.proof {
        Proof::Runs { protected, control } => fault_of_run(&protected(), &control()),
        Proof::Refused(file) => cases::fault(file, row.id),
        Proof::Tested(file, name) => cases::fault_of_test(file, name),
        Proof::Open { leaks, .. } => (!canary::is_in(&leaks()))
            .then(|| "it is said to be open, and shows no secret: name what stops it".to_owned()),
    }
}

fn fault_of_run(protected: &str, control: &str) -> Option<String> {
    let pairs = [parts_of(protected), parts_of(control)];
    let [protected, control] = &pairs;
    if protected.is_empty() || protected.len() != control.len() {
        return Some(format!("{} parts against {}", protected.len(), control.len()));
    }
    let parts = protected.iter().zip(control).enumerate();
    parts.into_iter().find_map(|(index, (protected, control))| {
        fault_of_part(protected, control).map(|fault| format!("part {index}: {fault}"))
    })
}

fn fault_of_part(protected: &str, control: &str) -> Option<String> {
    if canary::is_in(protected) {
        return Some("the secret is in the output".to_owned());
    }
    if !canary::is_in(control) {
        return Some(
            "the search finds nothing in what is unprotected, so it proves nothing".to_owned(),
        );
    }
    // An output without any sign of the value may be that of code which did not run.
    let shows_something = ["ada", "[redacted]", "withheld"];
    let is_empty = !shows_something.iter().any(|sign| protected.contains(sign));
    is_empty.then(|| "the output shows no sign of the value".to_owned())
}

#[test]
fn every_row_has_a_name_of_its_own() {
    let mut names = HashSet::new();
    for row in rows() {
        assert!(names.insert(row.id), "{} is there twice", row.id);
    }
}

#[test]
fn every_case_belongs_to_a_row() {
    let claimed = rows().flat_map(|row| {
        row.cells().into_iter().filter_map(|(_, cell)| match cell.proof {
            Proof::Refused(file) => Some((file.to_owned(), row.id.to_owned())),
            _ => None,
        })
    });
    cases::expect_claimed(&claimed.collect());
}

#[test]
fn the_page_tells_the_table() {
    page::compare(GROUPS);
}

/// Not a test by itself: what `outputs::streamed` starts again, in a process of its own.
#[test]
fn streams() {
    match outputs::asked_for().as_deref() {
        None => {}
        Some(Bare::NAME) => whole::write_to_streams::<Bare>(),
        Some(Plain::NAME) => whole::write_to_streams::<Plain>(),
        Some(Wrapped::NAME) => whole::write_to_streams::<Wrapped>(),
        Some(mode @ ("withheld" | "echoed")) => parsers::print_variable(outputs::VARIABLE, mode),
        Some(other) => panic!("{other} is no form"),
    }
}

#[test]
fn a_leak_a_blind_search_and_an_empty_output_are_faults() {
    let leaking = format!("ada {}", canary::TEXT);
    let honest = "Login { user: \"ada\" }";
    assert_eq!(fault_of_run(honest, &leaking), None);
    for (protected, control) in [(&*leaking, &*leaking), (honest, honest), ("", &*leaking)] {
        assert!(fault_of_run(protected, control).is_some());
        // A part that proves something does not stand in for one that does not.
        let beside = |part: &str, whole: &str| parts([whole.to_owned(), part.to_owned()]);
        assert!(fault_of_run(&beside(protected, honest), &beside(control, &leaking)).is_some());
    }
    let both = [honest, &leaking].map(|text| parts([text.to_owned(), text.to_owned()]));
    assert_eq!(fault_of_run(&both[0], &both[1]), None);
    assert!(fault_of_run(honest, &both[1]).is_some());
}

fn rows() -> impl Iterator<Item = &'static Row> {
    GROUPS.iter().flat_map(|(_, rows)| rows.iter())
}
