//! Whether the file of a secret is closed to others, on systems that have modes.

use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::shell::quoted;

/// What everybody on the machine may do with a file.
const OTHERS: u32 = 0o007;

/// Refuses a file that is open to every user of this machine. Its group may read it: so a file of root's
/// reaches a service.
pub(super) fn refuse_open(file: &File, path: &Path) -> io::Result<()> {
    let mode = file.metadata()?.permissions().mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = quoted(path);
    Err(io::Error::other(format!(
        "its mode {mode:04o} opens it to every user of this machine; run `chmod o-rwx {path}`, and replace the \
         secret if others may have read it"
    )))
}
