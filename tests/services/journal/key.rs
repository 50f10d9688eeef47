//! The key file of another user: whoever could read and replace it is not trusted.

use std::os::unix::fs::chown;
use std::time::Duration;

use audit_runtime::Recorder;

const ROOT: u32 = 0;
const SOMEBODY: u32 = 12_345;

#[test]
fn a_start_refuses_the_key_of_another_user_and_says_whose_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    let key = directory.path().join("audit.key");
    let start = || Recorder::builder(&journal).open();
    start().unwrap().shutdown(Duration::from_secs(10)).unwrap();
    let given = chown(&key, Some(SOMEBODY), None);
    assert!(given.is_ok(), "only root can give a file away: run this as root");
    let refused = start().unwrap_err().to_string();
    assert!(refused.contains("audit.key: it belongs to user 12345"), "{refused}");
    assert!(refused.contains("run `chown 0`"), "{refused}");
    chown(&key, Some(ROOT), None).unwrap();
    start().unwrap().shutdown(Duration::from_secs(10)).unwrap();
}
