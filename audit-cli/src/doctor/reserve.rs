//! The reserve: room that is kept for the day on which the disk is full.

use std::io;
use std::path::Path;

use audit_runtime::journal::{Access, DirectoryStorage, Options, Storage as _};

use super::report::{Report, as_the_service};

const CHECK: &str = "reserve";
const NAME: &str = "RESERVE";

/// Checks that the room is kept; a journal is there.
pub(super) fn check(journal: &Path, has_writer: bool, report: &mut Report) {
    let opened = DirectoryStorage::read_only(journal).open(NAME, Access::Read);
    let found = match opened.and_then(|file| file.len()) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let what = format!("cannot look at {NAME}");
            return report.warning(CHECK, as_the_service(&what, &error));
        }
        Err(error) => {
            let message = format!("cannot look at {NAME}: {error}; look at the disk");
            return report.failure(CHECK, message);
        }
    };
    tell(found, has_writer, report);
}

fn tell(found: Option<u64>, has_writer: bool, report: &mut Report) {
    let wanted = Options::default().reserve_bytes;
    let lack = match found {
        Some(bytes) if bytes >= wanted => {
            let message =
                format!("{NAME} keeps {} KiB for the day on which the disk is full", bytes >> 10);
            return report.ok(CHECK, message);
        }
        Some(bytes) => format!("{NAME} has {bytes} bytes of {wanted}"),
        None => format!("{NAME} is not there"),
    };
    let advice = match (found, has_writer) {
        // The writer has given it up, and takes it again before it goes on.
        (Some(_), true) => {
            "the disk is full, or was a moment ago; free space there, and the service takes it \
             again by itself"
        }
        (None, true) => {
            "there was no room for it, or somebody removed it, so a full disk may go unrecorded; \
             free space, and restart the service, which makes it"
        }
        (_, false) => "the next start of the service makes it; see that it finds the room",
    };
    report.warning(CHECK, format!("{lack}: {advice}"));
}
