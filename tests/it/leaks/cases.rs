//! The cases below `tests/ui/leaks`: which statement of a file is which row, and is it refused.
//!
//! That the compiler says what the `.stderr` beside a case says is tried by `tests/ui`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CASES: &str = "ui/leaks";
const MARK: &str = "// row: ";

/// What is wrong with the case of a row: every statement under its mark must have its own error.
pub(super) fn fault(file: &str, row: &str) -> Option<String> {
    let Some(case) = Case::read(file) else {
        return Some(format!("tests/{CASES}/{file} or its .stderr cannot be read"));
    };
    let marks: Vec<_> = case.marks.iter().filter(|mark| mark.row == row).collect();
    if marks.is_empty() {
        return Some(format!("tests/{CASES}/{file} has no `{MARK}{row}`"));
    }
    if case.is_broken {
        return Some(format!("tests/{CASES}/{file} names what does not exist, which refuses all"));
    }
    let silent = marks.iter().find(|mark| !case.errors.iter().any(|line| mark.covers(*line)))?;
    Some(format!("tests/{CASES}/{file}:{}: nothing under the mark is refused", silent.line))
}

/// The line under the first mark of a row.
pub(super) fn line(file: &str, row: &str) -> Option<usize> {
    let case = Case::read(file)?;
    case.marks.iter().find(|mark| mark.row == row).map(|mark| mark.line + 1)
}

/// Asserts that every mark is claimed by a row, and every error stands under a mark.
pub(super) fn expect_claimed(claimed: &BTreeSet<(String, String)>) {
    let mut faults = Vec::new();
    for file in files() {
        let Some(case) = Case::read(&file) else {
            faults.push(format!("{file}: it or its .stderr cannot be read"));
            continue;
        };
        for mark in &case.marks {
            if !claimed.contains(&(file.clone(), mark.row.clone())) {
                faults.push(format!("{file}:{}: no row claims `{}`", mark.line, mark.row));
            }
        }
        let covered = |line: &usize| case.marks.iter().any(|mark| mark.covers(*line));
        let stray = case.errors.iter().filter(|line| !covered(line));
        faults.extend(stray.map(|line| format!("{file}:{line}: an error of no row")));
    }
    assert!(faults.is_empty(), "cases below tests/{CASES}:\n{}", faults.join("\n"));
}

/// What is wrong with a test that a row names: it must be there.
pub(super) fn fault_of_test(file: &str, name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(path).unwrap_or_default();
    (!names_test(&text, name)).then(|| format!("{file} has no test `{name}`"))
}

/// True if a function is a test of that name, or a list of ways to leave nothing in memory has it.
fn names_test(text: &str, name: &str) -> bool {
    let is_function = text.contains(&format!("#[test]\nfn {name}()"));
    let lists = text.split("nothing:").skip(1).filter_map(|rest| rest.split(';').next());
    let mut ways = lists.flat_map(|list| list.split(',')).map(str::trim);
    is_function || ways.any(|way| way == name)
}

/// One file of cases, and the lines of the errors that its `.stderr` tells.
struct Case {
    marks: Vec<Mark>,
    errors: Vec<usize>,
    is_broken: bool,
}

/// A line that names a row, and where what it speaks of ends: at the next mark.
struct Mark {
    row: String,
    line: usize,
    end: usize,
}

impl Mark {
    fn covers(&self, line: usize) -> bool {
        (self.line..self.end).contains(&line)
    }
}

impl Case {
    fn read(file: &str) -> Option<Self> {
        let source = fs::read_to_string(root().join(file)).ok()?;
        let told = fs::read_to_string(root().join(file).with_extension("stderr")).ok()?;
        let (marks, errors) = (marks(&source), errors(&told, file));
        Some(Self { marks, errors, is_broken: is_broken(&told) })
    }
}

fn marks(source: &str) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (line, text) in (1..).zip(source.lines()) {
        if let Some(row) = text.trim_start().strip_prefix(MARK) {
            if let Some(last) = marks.last_mut() {
                last.end = line;
            }
            marks.push(Mark { row: row.to_owned(), line, end: usize::MAX });
        }
    }
    marks
}

/// The lines that errors point at first, and not those of their notes.
fn errors(told: &str, file: &str) -> Vec<usize> {
    let place = format!("--> {CASES}/{file}:");
    let mut lines = told.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if line.starts_with("error") {
            let told = lines.next().and_then(|line| line.trim_start().strip_prefix(&place));
            found.extend(told.and_then(|told| told.split(':').next()?.parse::<usize>().ok()));
        }
    }
    found
}

/// True if an error speaks of a name that is not there: such code is refused whatever it shows.
fn is_broken(told: &str) -> bool {
    let missing =
        ["cannot find", "can't find", "unresolved", "failed to resolve", "expected one of"];
    let mut errors = told.lines().filter(|line| line.starts_with("error"));
    errors.any(|line| missing.iter().any(|words| line.contains(words)))
}

/// The files of all cases, by their paths below `tests/ui/leaks`.
fn files() -> Vec<String> {
    let form = |form: PathBuf| {
        let name = form.file_name().unwrap().to_string_lossy().into_owned();
        fs::read_dir(&form)
            .unwrap()
            .map(move |file| format!("{name}/{}", file.unwrap().file_name().to_string_lossy()))
    };
    let forms = fs::read_dir(root()).unwrap().map(|form| form.unwrap().path());
    let mut files: Vec<String> =
        forms.flat_map(form).filter(|file| file.ends_with(".rs")).collect();
    files.sort();
    files
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(CASES)
}

#[test]
fn a_mark_reaches_to_the_next_and_notes_are_no_errors() {
    let source = "fn main() {\n    // row: one\n    a();\n    // row: two\n    b();\n}\n";
    let told = "error[E1]: first\n --> ui/leaks/p/c.rs:3:5\n  |\n\
                note: see\n --> ui/leaks/p/c.rs:1:1\n\n\
                error: second\n   --> ui/leaks/p/c.rs:5:5\n  |\n\nerror: aborting\n";
    let marks = marks(source);
    let rows: Vec<&str> = marks.iter().map(|mark| &*mark.row).collect();
    assert_eq!(rows, ["one", "two"]);
    let errors = errors(told, "p/c.rs");
    assert_eq!(errors, [3, 5]);
    assert!(marks[0].covers(3) && !marks[0].covers(5) && marks[1].covers(5));
}

#[test]
fn a_case_that_names_what_does_not_exist_is_broken() {
    for (told, expected) in [
        ("error[E0425]: cannot find value `login` in this scope\n", true),
        ("error[E0432]: unresolved import `audit_runtime::Gone`\n", true),
        ("error: cannot find macro `inform` in this scope\n", true),
        ("error[E0277]: `Login.password` must not be written\n  cannot find\n", false),
    ] {
        assert_eq!(is_broken(told), expected, "{told}");
    }
}

#[test]
fn a_test_is_found_by_its_whole_name() {
    let text =
        "#[test]\nfn whole() {}\nfn alone() {}\nnothing: dropped, cloned;\nsomething: kept;\n";
    for (name, is_there) in
        [("whole", true), ("cloned", true), ("alone", false), ("kept", false), ("clone", false)]
    {
        assert_eq!(names_test(text, name), is_there, "{name}");
    }
}
