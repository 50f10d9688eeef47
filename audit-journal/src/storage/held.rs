//! Tells whether somebody holds the file of the writer's lock.

use std::fs::{File, TryLockError};
use std::io;

/// True if a writer holds the lock's file, or if it cannot be asked, as by a reader group.
pub(super) fn may_be_locked(opened: io::Result<File>) -> io::Result<bool> {
    let file = match opened {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Ok(true),
        opened => opened?,
    };
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_not_open_the_lock_takes_it_to_be_held() {
        let held = |kind: io::ErrorKind| may_be_locked(Err(kind.into()));
        assert!(held(io::ErrorKind::PermissionDenied).unwrap());
        assert!(!held(io::ErrorKind::NotFound).unwrap());
        assert!(held(io::ErrorKind::TimedOut).is_err());
    }
}
