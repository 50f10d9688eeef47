//! The reserve against a full disk: whole, given up, and gone.

use std::fs;
use std::time::Duration;

use super::doctor;
use crate::fixture::Fixture;

#[test]
fn a_reserve_that_is_not_whole_is_told_with_who_makes_it_again() {
    let fixture = Fixture::new();
    let reserve = fixture.journal().join("RESERVE");
    doctor(&fixture).says(0, "reserve ok", "RESERVE keeps 1024 KiB");
    fs::write(&reserve, "").unwrap();
    let words = "0 bytes of 1048576: the next start of the service makes it";
    doctor(&fixture).says(0, "reserve warning", words);
    let recorder = fixture.recorder();
    doctor(&fixture).says(0, "reserve ok", "RESERVE keeps 1024 KiB");
    fs::write(&reserve, [0; 7]).unwrap();
    let words = "7 bytes of 1048576: the disk is full, or was a moment ago; free space";
    doctor(&fixture).says(0, "reserve warning", words);
    fs::remove_file(&reserve).unwrap();
    doctor(&fixture).says(0, "reserve warning", "is not there: there was no room for it");
    recorder.shutdown(Duration::from_secs(10)).unwrap();
    doctor(&fixture).says(0, "reserve warning", "is not there: the next start of the service");
    drop(fixture.recorder());
    doctor(&fixture).says(0, "reserve ok", "");
}
