//! What the redacted forms of a struct cost, beside the forms in clear and beside other crates.
//!
//! `--allocations` counts allocations instead of time, `--instructions` what the processor is told to
//! do, under valgrind, for which the program runs itself with `--alone SIDE COUNT`.

#![expect(clippy::print_stdout, reason = "a bench reports on standard output")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot measure stops")]

mod sides;
mod types;

use std::hint::black_box;
use std::process::Command;

use audit_benches::{Rounds, Table, Taken, interleave, median, paired_ratio};

use sides::{Group, Side};

/// How often each side runs.
const ROUNDS: usize = 300;
/// How many forms a round writes.
const FORMS: usize = 2_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, _, _) => sides::groups().into_iter().for_each(compare),
        (Some("--allocations"), None, _) => sides::groups().iter().for_each(count),
        (Some("--instructions"), None, _) => sides::groups().iter().for_each(instruct),
        (Some("--alone"), Some(side), Some(forms)) => alone(&side, forms.parse().ok()),
        _ => usage(),
    }
}

/// Times every side of a group against its first.
fn compare(group: Group) {
    let Group { title, sides: [mut first, mut second, mut third, mut fourth, mut fifth] } = group;
    let names = [&first, &second, &third, &fourth, &fifth].map(|side| side.name);
    let rounds = interleave(
        ROUNDS,
        [
            &mut || round(&mut first, FORMS),
            &mut || round(&mut second, FORMS),
            &mut || round(&mut third, FORMS),
            &mut || round(&mut fourth, FORMS),
            &mut || round(&mut fifth, FORMS),
        ],
    );
    println!("{title}; {ROUNDS} rounds of {FORMS}\n\n{}", table(&names, &rounds));
}

fn table(names: &[&str], rounds: &[Rounds]) -> Table {
    let mut table = Table::new(&["side", "thread ns/form", "ratio to the first"]);
    for (name, side) in names.iter().zip(rounds) {
        let nanos = median(side.iter().map(|taken| taken.thread)).as_nanos() / FORMS as u128;
        let ratio = paired_ratio(side, &rounds[0], |taken| taken.thread);
        table.row(&[(*name).to_owned(), nanos.to_string(), format!("{ratio:.2}")]);
    }
    table
}

/// Counts what one form allocates beyond the buffer, which has room already.
fn count(group: &Group) {
    let mut table = Table::new(&["side", "allocations/form"]);
    let mut out = Vec::with_capacity(1 << 16);
    for side in &group.sides {
        let counted = allocation_counter::measure(|| {
            for _ in 0..FORMS {
                out.clear();
                (side.write)(&mut out);
            }
        });
        let each = counted.count_total as f64 / FORMS as f64;
        table.row(&[side.name.to_owned(), format!("{each:.2}")]);
    }
    println!("{}\n\n{table}", group.title);
}

/// Counts the instructions of one form of each side.
fn instruct(group: &Group) {
    let mut table = Table::new(&["side", "instructions/form", "ratio to the first"]);
    // What the program does before and behind the forms is in both counts.
    let each = |side: &Side| (counted(side.name, 2 * FORMS) - counted(side.name, FORMS)) / FORMS;
    let first = each(&group.sides[0]);
    for side in &group.sides {
        let each = each(side);
        let ratio = each as f64 / first as f64;
        table.row(&[side.name.to_owned(), each.to_string(), format!("{ratio:.2}")]);
    }
    println!("{}\n\n{table}", group.title);
}

/// The instructions of a process that writes so many forms of one side.
fn counted(side: &str, forms: usize) -> usize {
    let valgrind = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"];
    let own = std::env::current_exe().unwrap();
    let mut command = Command::new("valgrind");
    command.args(valgrind).arg(own).args(["--alone", side, &forms.to_string()]);
    let Ok(ran) = command.output() else {
        println!("valgrind is missing: apt-get install valgrind");
        std::process::exit(2);
    };
    let told = String::from_utf8(ran.stderr).unwrap();
    let line = told.lines().find(|line| line.contains("refs:")).unwrap();
    let number = line.rsplit(' ').next().unwrap().replace(',', "");
    number.parse().unwrap()
}

fn round(side: &mut Side, forms: usize) -> Taken {
    Taken::by(|| {
        for _ in 0..forms {
            side.out.clear();
            (side.write)(black_box(&mut side.out));
        }
        black_box(&side.out);
    })
}

fn alone(name: &str, forms: Option<usize>) {
    let mut sides = sides::groups().into_iter().flat_map(|group| group.sides);
    let (Some(forms), Some(mut side)) = (forms, sides.find(|side| side.name == name)) else {
        return usage();
    };
    round(&mut side, forms);
    println!("{name}: {forms} forms of {} bytes", side.out.len());
}

fn usage() {
    println!("usage: redaction [--allocations | --instructions | --alone SIDE COUNT]");
    std::process::exit(2);
}
