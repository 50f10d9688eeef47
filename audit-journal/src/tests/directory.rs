//! The directory: private, locked, and created durably where its parent exists.

use std::path::PathBuf;

use super::*;
use crate::storage::synced;
use crate::{DirectoryStorage, Modes, verify};

#[test]
fn a_journal_on_disk_is_written_closed_and_read_back() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    for _ in 0..2 {
        let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
        let mut journal = Journal::open(Arc::new(storage), options()).unwrap();
        write(&mut journal, ["on disk"]);
        journal.close().unwrap();
    }
    let reader = Reader::open(&path).unwrap();
    let mut cursor = reader.cursor(0).unwrap();
    let count = std::iter::from_fn(|| cursor.next().unwrap()).count();
    assert_eq!(count, 7);
    assert_eq!(reader.origin().unwrap(), ORIGIN);
    let [segment] = reader.segments().unwrap().try_into().unwrap();
    assert_eq!((segment.first_seq, segment.name.as_str()), (0, "seg/00000000000000000000.jsonl"));
    assert!(verify(&DirectoryStorage::read_only(&path)).unwrap().is_intact());
}

#[test]
fn where_there_is_no_journal_a_reader_says_so_and_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nothing");
    for path in [path.as_path(), directory.path()] {
        let error = Reader::open(path).unwrap_err();
        assert!(matches!(error, Error::NoJournal { .. }));
    }
    assert!(!path.exists());
}

#[test]
fn a_reader_tells_a_journal_without_segments_from_none() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit");
    let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
    drop(Journal::open(Arc::new(storage), options()).unwrap());
    std::fs::remove_dir_all(path.join("seg")).unwrap();
    let error = Reader::open(&path).unwrap_err();
    assert!(matches!(error, Error::Lost { found: 0, acknowledged: 2, .. }), "{error:?}");
}

#[test]
fn a_missing_parent_and_a_file_in_the_way_are_clear_errors() {
    let directory = tempfile::tempdir().unwrap();
    let deep = directory.path().join("not").join("there");
    let error = DirectoryStorage::open(&deep, Modes::default()).unwrap_err().to_string();
    assert!(error.contains("the directory above it must exist"), "{error}");
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("journal"), file] {
        let error = DirectoryStorage::open(path, Modes::default()).unwrap_err();
        assert!(error.to_string().contains("a file stands where"), "{error}");
    }
}

#[test]
fn the_lock_names_its_holder_and_goes_with_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let storage = Arc::new(DirectoryStorage::open(&path, Modes::default()).unwrap());
    let open = || Journal::open(storage.clone(), options());
    let journal = open().unwrap();
    assert!(storage.is_locked().unwrap());
    let error = open().unwrap_err().to_string();
    assert!(error.contains("test writer"), "{error}");
    assert!(error.contains(&std::process::id().to_string()), "{error}");
    drop(journal);
    assert!(!storage.is_locked().unwrap());
    open().unwrap();
}

#[test]
fn a_start_makes_the_names_durable_that_an_earlier_one_had_no_time_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
    storage.create("seg/00000000000000000000.jsonl").unwrap();
    storage.create("quarantine/torn").unwrap();
    storage.create("epochs/0/MOVING").unwrap();
    synced::take();
    let _lock = storage.lock("me").unwrap();
    let below = ["seg", "quarantine", "epochs", "epochs/0"].map(|dir| path.join(dir));
    let expected = [[directory.path().to_owned(), path.clone()].as_slice(), &below].concat();
    assert_eq!(synced::take(), expected);
}

#[test]
fn what_is_moved_takes_no_place_that_is_taken_and_no_directory_that_has_vanished() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
    for name in ["WATERMARK", "seg/0", "epochs/0/WATERMARK", "epochs/0/seg/0"] {
        storage.create(name).unwrap();
    }
    synced::take();
    for name in ["WATERMARK", "seg"] {
        let error = storage.rename(name, &format!("epochs/0/{name}")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }
    storage.rename("seg", "epochs/1/seg").unwrap();
    assert_eq!(storage.list("epochs/1/seg").unwrap(), ["0"]);
    // The new name is durable before the old one's absence is.
    let order: [PathBuf; 3] =
        ["epochs", "epochs/1", ""].map(|dir| path.join(dir).components().collect());
    assert_eq!(synced::take(), order);
    std::fs::rename(&path, directory.path().join("elsewhere")).unwrap();
    for name in ["WATERMARK", "seg/1"] {
        assert_eq!(storage.create(name).err().unwrap().kind(), io::ErrorKind::NotFound);
    }
    assert!(!path.exists());
}

#[cfg(unix)]
mod modes {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o7777
    }

    fn written(path: &Path, modes: Modes) {
        let storage = DirectoryStorage::open(path, modes).unwrap();
        let journal = Journal::open(Arc::new(storage), options()).unwrap();
        journal.close().unwrap();
    }

    #[test]
    fn nobody_else_may_enter() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        written(&path, Modes::default());
        assert_eq!([mode(&path), mode(&path.join("seg"))], [0o700; 2]);
        for file in ["LOCK", "WATERMARK", "seg/00000000000000000000.jsonl"] {
            assert_eq!(mode(&path.join(file)), 0o600, "{file}");
        }
    }

    #[test]
    fn wider_modes_are_refused_with_the_command_that_mends_them() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("jour'nal");
        written(&path, Modes::default());
        for (name, wide, narrow) in [
            ("", 0o750, 0o700),
            ("seg", 0o711, 0o700),
            ("WATERMARK", 0o644, 0o600),
            ("seg/00000000000000000000.jsonl", 0o620, 0o600),
        ] {
            let file = path.join(name);
            fs::set_permissions(&file, Permissions::from_mode(wide)).unwrap();
            let error = DirectoryStorage::open(&path, Modes::default()).unwrap_err();
            let Error::Exposed { mode: found, command, .. } = error else { panic!("{error}") };
            assert_eq!(found, wide);
            let status = std::process::Command::new("sh").args(["-c", &command]).status();
            assert!(status.unwrap().success(), "{command}");
            assert_eq!(mode(&file), narrow);
        }
        DirectoryStorage::open(&path, Modes::default()).unwrap();
    }

    #[test]
    fn a_directory_of_something_else_is_told_from_an_exposed_journal() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path();
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        let refused = || DirectoryStorage::open(path, Modes::default()).unwrap_err();
        fs::create_dir(path.join("lost+found")).unwrap();
        assert!(matches!(refused(), Error::Exposed { .. }), "{}", refused());
        fs::write(path.join("notes.txt"), "mine").unwrap();
        assert!(matches!(refused(), Error::Foreign { .. }), "{}", refused());
        let said = refused().to_string();
        assert!(said.contains("holds no journal") && !said.contains("chmod"), "{said}");
        fs::create_dir(path.join("seg")).unwrap();
        assert!(matches!(refused(), Error::Exposed { .. }), "{}", refused());
    }

    #[test]
    fn a_reader_group_may_read_and_not_write() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let group = fs::metadata(directory.path()).unwrap().gid();
        let modes = Modes { group: Some(group) };
        written(&path, modes);
        assert_eq!([mode(&path), mode(&path.join("seg"))], [0o2750; 2]);
        for file in ["WATERMARK", "seg/00000000000000000000.jsonl"] {
            assert_eq!(mode(&path.join(file)), 0o640, "{file}");
        }
        // Whoever can open the lock's file can hold it, so an earlier version's is closed too.
        let lock = path.join("LOCK");
        assert_eq!(mode(&lock), 0o600);
        fs::set_permissions(&lock, Permissions::from_mode(0o640)).unwrap();
        written(&path, modes);
        assert_eq!(mode(&lock), 0o600);
        DirectoryStorage::open(&path, modes).unwrap();
        assert!(DirectoryStorage::open(&path, Modes::default()).is_err());
        let other = Modes { group: Some(group + 1) };
        let error = DirectoryStorage::open(&path, other).unwrap_err().to_string();
        assert!(error.contains("chgrp"), "{error}");
    }

    #[test]
    fn a_link_is_refused_and_what_it_leads_to_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = directory.path().join("elsewhere");
        fs::write(&elsewhere, "precious").unwrap();
        for name in ["LOCK", "WATERMARK", "seg/00000000000000000000.jsonl"] {
            let path = directory.path().join(name.replace('/', "-"));
            written(&path, Modes::default());
            let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
            fs::remove_file(path.join(name)).unwrap();
            std::os::unix::fs::symlink(&elsewhere, path.join(name)).unwrap();
            let error = DirectoryStorage::open(&path, Modes::default()).unwrap_err();
            assert!(matches!(error, Error::Untrusted { .. }), "{error}");
            assert!(error.to_string().contains("symbolic link"), "{error}");
            assert_eq!(storage.lock("me").is_err(), name == "LOCK");
            assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "precious");
        }
        let linked = directory.path().join("linked");
        std::os::unix::fs::symlink(directory.path().join("LOCK"), &linked).unwrap();
        fs::remove_file(directory.path().join("LOCK/LOCK")).unwrap();
        written(&linked, Modes::default());
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_told_of_and_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("journal");
    let storage = DirectoryStorage::open(&path, Modes::default()).unwrap();
    Journal::open(Arc::new(storage.clone()), options()).unwrap().close().unwrap();
    let put = |name: &str, make: &dyn Fn(&std::path::Path)| {
        let file = path.join(name);
        let _ = std::fs::remove_file(&file);
        make(&file);
        let reader = DirectoryStorage::read_only(&path);
        let told = match name {
            "LOCK" => reader.is_locked().unwrap_err().to_string(),
            _ => verify(&reader).unwrap_err().to_string(),
        };
        assert!(told.contains("; remove it"), "{name}: {told}");
        std::fs::remove_file(&file).unwrap();
    };
    for name in ["LOCK", "WATERMARK", "seg/00000000000000000000.jsonl"] {
        put(name, &|file| {
            let made = std::process::Command::new("mkfifo").arg(file).status().unwrap();
            assert!(made.success());
        });
        put(name, &|file| std::os::unix::fs::symlink("/dev/zero", file).unwrap());
    }
}
