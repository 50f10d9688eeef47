//! Power cuts of an ext4 file system under a writer at work: what it acknowledged is on the disk.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::image::Image;
use crate::{left, tool};

const CUTS: u64 = 20;

/// More than a writer records before it is killed.
const ENDLESS: &str = "1000000000";

/// Lets a writer record actions from `first` on for a while, and kills it; gives what it acknowledged.
fn write(mut writer: Command, first: u64, time: Duration) -> Vec<u64> {
    let mut process =
        writer.args([&first.to_string(), ENDLESS]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = BufReader::new(process.stdout.take().unwrap());
    let mut printed = String::new();
    // The time counts from the first acknowledgement on: the start takes what it takes.
    assert!(stdout.read_line(&mut printed).unwrap() > 0, "the writer acknowledged nothing");
    let reading = std::thread::spawn(move || {
        let mut rest = Vec::new();
        while stdout.read_until(b'\n', &mut rest).unwrap() > 0 {}
        rest
    });
    std::thread::sleep(time);
    process.kill().unwrap();
    process.wait().unwrap();
    let rest = reading.join().unwrap();
    left::acknowledged(&[printed.as_bytes(), &rest].concat())
}

fn writer(journal: &Path) -> Command {
    let mut writer = Command::new(tool::WRITER);
    writer.arg(journal);
    writer
}

/// A writer whose syncs return at once and do nothing.
fn writer_without_syncs(journal: &Path) -> Command {
    let mut strace = Command::new("strace");
    // The tracer is a process of its own, so that what is killed is the writer.
    strace.arg("-D").args(tool::traced("fdatasync,fsync:retval=0", journal, &[]));
    strace
}

#[test]
fn an_ext4_without_power_has_every_acknowledged_record() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let image = Image::make(directory.path());
    let mut acknowledged = Vec::new();
    for cut in 0..CUTS {
        let first = acknowledged.last().map_or(0, |last| last + 1);
        let time = Duration::from_millis(5 + cut * 53 % 170);
        acknowledged.extend(write(writer(&image.mounted.join("audit")), first, time));
        let left = image.after_power_cut(directory.path());
        if let Err(loss) = left::check(&left.mounted.join("audit"), &acknowledged) {
            panic!("power cut {cut}, of {} acknowledged: {loss}", acknowledged.len());
        }
    }
    println!("{} actions were acknowledged", acknowledged.len());
    assert!(acknowledged.len() > 100);
}

#[test]
fn a_writer_without_syncs_is_found_out() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let image = Image::make(directory.path());
    let writer = writer_without_syncs(&image.mounted.join("audit"));
    let acknowledged = write(writer, 0, Duration::from_millis(200));
    let left = image.after_power_cut(directory.path());
    let loss = left::check(&left.mounted.join("audit"), &acknowledged).unwrap_err();
    println!("of {} acknowledged: {loss}", acknowledged.len());
    assert!(loss.ends_with("is gone"), "{loss}");
}
