//! Keys are made once, are their owner's alone, and leave no drafts.

use super::*;

#[test]
fn the_key_lies_beside_the_journal_however_that_is_spelt() {
    let directory = tempfile::tempdir().unwrap();
    let journal = directory.path().join("audit");
    std::fs::create_dir(&journal).unwrap();
    let expected = std::fs::canonicalize(directory.path()).unwrap().join("audit.key");
    for spelling in [journal.clone(), journal.join(""), journal.join("."), journal.join("../audit")]
    {
        assert_eq!(beside(&spelling, ".key").unwrap(), expected);
    }
}

#[test]
fn the_key_is_made_once_and_leaves_no_draft() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.key");
    let keys: Vec<_> = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| create(&path, None))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap().unwrap()).collect()
    });
    let key = read(&path, None).unwrap().unwrap();
    assert!(keys.iter().all(|made| **made == *key));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.key");
    create(&path, None).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = read(&path, None).unwrap_err();
    assert!(error.to_string().contains("0644"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_key_of_another_user_is_refused() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.key");
    create(&path, None).unwrap();
    let me = owner(Some(directory.path())).unwrap();
    assert!(read(&path, Some(me)).is_ok());
    // Only root can give a file away; for others the journal is another user's.
    let (theirs, expected) = match chown(&path, Some(me + 1), None) {
        Ok(()) => (me + 1, me),
        Err(_) => (me, me + 1),
    };
    assert_eq!(std::fs::metadata(&path).unwrap().uid(), theirs);
    let error = read(&path, Some(expected)).unwrap_err().to_string();
    let told = [format!("user {theirs}"), format!("`chown {expected}`")];
    assert!(told.iter().all(|told| error.contains(told)), "{error}");
}

#[test]
fn a_start_that_died_as_it_made_the_key_leaves_nothing_behind_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.key");
    let names = || std::fs::read_dir(directory.path()).unwrap().count();
    let others = ["audit.key.old", "audit.key2.01890a5d-ac96-774b-bcce-b302099a8057"];
    others.iter().for_each(|name| std::fs::write(directory.path().join(name), "").unwrap());
    // It died before the key had its name.
    write_text(&draft_of(&path), "draft", modes::private).unwrap();
    assert!(read(&path, None).unwrap().is_none());
    let key = create(&path, None).unwrap();
    assert_eq!(names(), 1 + others.len());
    // It died after that.
    std::fs::hard_link(&path, draft_of(&path)).unwrap();
    assert!(*read(&path, None).unwrap().unwrap() == *key);
    assert_eq!(names(), 1 + others.len());
    // It died as it replaced the file: somebody may be at that now, but not for ever.
    let draft = draft_of(&path);
    write_text(&draft, "draft", modes::private).unwrap();
    assert!(*read(&path, None).unwrap().unwrap() == *key && draft.exists());
    let long_ago = std::time::SystemTime::now() - 2 * DRAFT_AGE_MAX;
    File::options().write(true).open(&draft).unwrap().set_modified(long_ago).unwrap();
    read(&path, None).unwrap();
    assert_eq!(names(), 1 + others.len());
}

#[cfg(unix)]
#[test]
fn a_place_inside_a_directory_is_known_through_links() {
    let base = tempfile::tempdir().unwrap();
    let [journal, other] = ["audit", "other"].map(|name| base.path().join(name));
    for place in [&journal, &other] {
        std::fs::create_dir(place).unwrap();
    }
    std::os::unix::fs::symlink(&journal, base.path().join("link")).unwrap();
    std::fs::write(journal.join("file"), "").unwrap();
    std::os::unix::fs::symlink(journal.join("file"), other.join("key")).unwrap();
    let inside = ["audit/key", "audit/../audit/key", "link/key", "other/../link/key", "other/key"];
    assert!(inside.iter().all(|place| is_inside(&base.path().join(place), &journal)));
    for outside in ["audit.key", "other/new", "audit/../key", "none/key"] {
        assert!(!is_inside(&base.path().join(outside), &journal), "{outside}");
    }
}

#[test]
fn what_is_published_is_added_once_and_nothing_is_taken_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.vkey");
    let lines = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    publish(&path, &lines(&["one"])).unwrap();
    std::fs::write(&path, "one\nnote").unwrap();
    publish(&path, &lines(&["one", "two"])).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\nnote\ntwo\n");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn a_key_that_the_superuser_adds_leaves_the_file_to_its_owner() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.keys");
    let add = || add_line(&path, "# keys\n", |_| Ok(Zeroizing::new("key".to_owned())));
    add().unwrap();
    // Only root can give a file away.
    let given = chown(&path, Some(4711), None).is_ok();
    let owner = std::fs::metadata(&path).unwrap().uid();
    add().unwrap();
    let found = std::fs::metadata(&path).unwrap();
    assert_eq!((found.uid(), found.mode() & 0o777), (owner, 0o600), "{given}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# keys\nkey\nkey\n");
}

#[test]
fn a_damaged_key_is_refused_without_being_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.key");
    create(&path, None).unwrap();
    for damaged in ["deadbeef".to_owned(), "+f".repeat(KEY_BYTES)] {
        std::fs::write(&path, &damaged).unwrap();
        let error = read(&path, None).unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits") && !error.contains(&damaged));
    }
}
