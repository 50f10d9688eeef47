//! Whose the files are that a watch makes.

use std::os::unix::fs::{MetadataExt as _, chown};

use super::*;

/// Only root can run this as somebody else than the journal's owner; others see that all is theirs.
#[test]
fn what_a_watch_makes_belongs_to_the_journals_owner() {
    let (service, inbox) = (Service::start(), Inbox::default());
    _ = chown(service.journal(), Some(4_242), Some(4_243));
    let owner = fs::metadata(service.journal()).unwrap();
    let watch = service.watch(&inbox).start().unwrap();
    service.fail_to_log_in(USER, 6);
    inbox.wait_for("bf_user", 1);
    watch.stop(SOON).unwrap();
    let mut made = 0;
    for entry in fs::read_dir(service.directory.path()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        if [".watch", ".detect", ".sqlite"].iter().any(|part| name.contains(part)) {
            let found = entry.metadata().unwrap();
            assert_eq!((found.uid(), found.gid()), (owner.uid(), owner.gid()), "{name}");
            made += 1;
        }
    }
    assert!(made >= 3, "{made}");
}
