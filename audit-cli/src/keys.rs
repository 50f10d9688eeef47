//! `audited keys`: makes the keys that seal values.

use std::io::{self, Write};

use audit_runtime::Keys as Ring;

use crate::arguments::Keys;
use crate::failure::{Exit, Failure};

pub(crate) fn run(arguments: &Keys, out: &mut impl Write) -> Result<Exit, Failure> {
    let Keys::New { file } = arguments;
    let key = Ring::add_to_file(file).map_err(|error| Failure::Undecided(told(&error)))?;
    writeln!(out, "made the key {} in {}", key.id(), file.display())?;
    writeln!(
        out,
        "It seals values from the service's next start on. Keep a copy of the file elsewhere: without \
         its key a sealed value cannot be read again."
    )?;
    Ok(Exit::Ok)
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("{error}; make its directory first, or correct the path")
        }
        io::ErrorKind::PermissionDenied => format!("{error}; run this as the service's user"),
        _ => error.to_string(),
    }
}
