//! What `doctor` says of the keys that sign the journal.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Said, doctor};
use crate::fixture::Fixture;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_that_sign_must_be_whole_private_and_those_that_have_signed() {
    let fixture = Fixture::new();
    let file = fixture.directory().join("audit.signing");
    doctor(&fixture).says(0, "signing ok", "audit.signing holds the key that signs");
    fixture.run(&["keys", "rotate", "@"]).ok();
    doctor(&fixture).says(0, "signing ok", "signs from the service's next start on");
    let whole = fs::read_to_string(&file).unwrap();
    mode(&file, 0o640);
    doctor(&fixture).says(2, "signing failure", "0640");
    mode(&file, 0o600);
    let lines: Vec<&str> = whole.lines().collect();
    // The first key has signed; the second one has not.
    fs::write(&file, lines[3]).unwrap();
    doctor(&fixture).says(0, "signing warning", "no key in");
    fs::write(&file, lines[3].replace("shop", "mail")).unwrap();
    let said = doctor(&fixture);
    said.says(2, "signing failure", "line 1: the key's id");
    let seed = &lines[3][lines[3].len() - 20..];
    assert!(!said.findings.join("").contains(seed));
    fs::remove_file(&file).unwrap();
    doctor(&fixture).says(0, "signing warning", "restore the file if there was one");
    assert!(!file.exists());
    fs::create_dir(fixture.directory().join("new")).unwrap();
    mode(&fixture.directory().join("new"), 0o700);
    let new = Said::of(fixture.run(&["doctor", "--json", "new"]));
    new.says(0, "signing ok", "the first start makes it");
}
