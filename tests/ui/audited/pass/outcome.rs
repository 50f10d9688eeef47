//! Classifiers of all kinds of paths, also of a macro's making.

#![deny(warnings, clippy::all)]

use audit_runtime::{Outcome, audited};

struct Door {
    is_open: bool,
}

impl Door {
    fn told(result: &Result<&str, ()>) -> Outcome {
        if result.is_ok() { Outcome::Success } else { Outcome::Denied }
    }

    #[audited(action = "GetRoom", outcome = Self::told)]
    fn enter(&self) -> Result<&str, ()> {
        if self.is_open { Ok("room") } else { Err(()) }
    }
}

trait Judge {
    fn judge<T>(value: &T) -> Outcome;
}

struct Mild;

impl Judge for Mild {
    fn judge<T>(_: &T) -> Outcome {
        Outcome::Success
    }
}

#[audited(action = "GetRoom", outcome = <Mild as Judge>::judge)]
fn qualified(rooms: &[u8]) -> Option<&u8> {
    rooms.first()
}

#[audited(action = "GetRoom", outcome = Mild::judge::<u8>)]
async fn named() -> u8 {
    1
}

macro_rules! reader {
    ($name:ident, $outcome:path) => {
        #[audited(action = "GetRoom", outcome = $outcome)]
        fn $name(given: u8) -> u8 {
            given
        }
    };
}

reader!(made, Mild::judge);

fn main() {
    assert!(Door { is_open: true }.enter().is_ok());
    assert!(Door { is_open: false }.enter().is_err());
    assert_eq!((qualified(&[7]), made(1)), (Some(&7), 1));
    drop(named());
}
