//! Keys in files, in variables and with a provider; the keys of subjects, and what erasing leaves.

use std::fs;

use super::*;
use crate::{OpenError, Redactor};

/// A journal in a directory of its own, with nothing but keys beside it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::create_dir(place.journal()).unwrap();
        place
    }

    fn journal(&self) -> std::path::PathBuf {
        self.0.path().join("audit")
    }

    fn subjects(&self) -> std::path::PathBuf {
        self.0.path().join("audit.subjects")
    }

    fn redactor(&self) -> Redactor {
        Redactor::new("shop").with_keys(Keys::beside(&self.journal()).unwrap())
    }

    fn keys(&self) -> Keys {
        Keys::beside(&self.journal()).unwrap()
    }
}

#[test]
fn keys_beside_a_journal_are_found_after_a_rotation() {
    let place = Place::new();
    assert!(place.redactor().seal("f", None, b"1").is_none());
    let path = place.0.path().join("audit.keys");
    Keys::add_to_file(&path).unwrap();
    let first = place.redactor().seal("f", None, b"1").unwrap();
    let key = Keys::add_to_file(&path).unwrap();
    let second = place.redactor().seal("f", None, b"2").unwrap();
    assert!(second.contains(key.id()) && !first.contains(key.id()));
    assert_eq!(place.redactor().open(&first).unwrap(), b"1");
    assert_eq!(place.redactor().open(&second).unwrap(), b"2");
}

#[cfg(unix)]
#[test]
fn a_file_of_keys_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    let path = place.0.path().join("audit.keys");
    Keys::add_to_file(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    for refused in [
        Keys::from_file(&path).map(|_| ()),
        Keys::beside(&place.journal()).map(|_| ()),
        Keys::add_to_file(&path).map(|_| ()),
    ] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("audit.keys") && error.contains("0640"), "{error}");
    }
}

#[test]
fn what_is_no_file_of_keys_is_named() {
    let place = Place::new();
    let error = Keys::from_file(place.0.path().join("none")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("none"), "{error}");
    let error = Keys::from_variable("AUDITED_TEST_WITHOUT_KEYS").unwrap_err().to_string();
    assert!(error.contains("AUDITED_TEST_WITHOUT_KEYS`: there is no text"), "{error}");
    let error = Keys::from_variable("PATH").unwrap_err().to_string();
    assert!(error.contains("PATH") && error.contains("line 1"), "{error}");
}

#[test]
fn an_erased_subject_cannot_be_read_and_others_can() {
    let place = Place::new();
    let redactor = place.redactor();
    let seal = |subject, value: &[u8]| redactor.seal("User.email", Some(subject), value).unwrap();
    let (ada, bob) = (seal("ada", b"ada@x"), seal("bob", b"bob@x"));
    assert_eq!(place.redactor().open(&ada).unwrap(), b"ada@x");
    let id = place.keys().erase_subject("ada").unwrap().unwrap();
    assert!(ada.contains(&id));
    assert!(matches!(redactor.open(&ada), Err(OpenError::Erased(erased)) if erased == id));
    assert_eq!(redactor.open(&bob).unwrap(), b"bob@x");
    assert_eq!(place.keys().erase_subject("ada").unwrap(), None);
    assert_eq!(place.keys().erase_subject("nobody").unwrap(), None);
    // A later event about the same subject has another key, which is erased by itself.
    let again = seal("ada", b"again");
    assert_eq!(redactor.open(&again).unwrap(), b"again");
    assert!(matches!(redactor.open(&ada), Err(OpenError::Erased(_))));
    assert_ne!(place.keys().erase_subject("ada").unwrap(), Some(id));
    assert!(matches!(redactor.open(&again), Err(OpenError::Erased(_))));
}

#[test]
fn no_byte_of_an_erased_key_is_left_under_any_name() {
    let place = Place::new();
    place.redactor().seal("f", Some("ada"), b"x").unwrap();
    let named = |entry: &fs::DirEntry| entry.file_name().to_str().unwrap().ends_with(".1");
    let entries = || fs::read_dir(place.subjects()).unwrap().map(Result::unwrap);
    let path = entries().find(named).unwrap().path();
    let key = fs::read(&path).unwrap();
    // A start died after it had made the key, and left its draft behind.
    let draft = format!("{}.01890a5d-ac96-774b-bcce-b302099a8057", path.display());
    let elsewhere = place.0.path().join("copy");
    fs::hard_link(&path, &draft).unwrap();
    fs::hard_link(&path, &elsewhere).unwrap();
    place.keys().erase_subject("ada").unwrap().unwrap();
    assert!(!Path::new(&draft).exists());
    for path in entries().map(|entry| entry.path()).chain([elsewhere]) {
        let held = fs::read(path).unwrap();
        assert!(!held.windows(8).any(|run| key.windows(8).any(|lost| run == lost)));
    }
}

#[test]
fn the_files_of_subjects_do_not_name_them_and_are_their_owners_alone() {
    let place = Place::new();
    place.redactor().seal("f", Some("lovelace@example.com"), b"x").unwrap();
    for entry in fs::read_dir(place.subjects()).unwrap().map(Result::unwrap) {
        assert!(!entry.file_name().to_str().unwrap().contains("lovelace"));
        assert!(!fs::read_to_string(entry.path()).unwrap().contains("lovelace"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    assert_eq!(fs::read_dir(place.subjects()).unwrap().count(), 2);
}

#[test]
fn subjects_whose_names_are_lost_get_no_second_key() {
    let place = Place::new();
    place.redactor().seal("f", Some("ada"), b"x").unwrap();
    fs::remove_file(place.subjects().join("names.key")).unwrap();
    assert_eq!(place.redactor().seal("f", Some("ada"), b"x"), None);
    let error = place.keys().erase_subject("ada").unwrap_err().to_string();
    assert!(error.contains("names.key is missing"), "{error}");
    assert_eq!(fs::read_dir(place.subjects()).unwrap().count(), 1);
}

#[test]
fn threads_that_meet_a_subject_first_agree_on_its_key() {
    let place = Place::new();
    let redactor = place.redactor();
    let sealed: Vec<_> = std::thread::scope(|scope| {
        let seal = || redactor.seal("f", Some("ada"), b"x").unwrap();
        let sealing: Vec<_> = (0..8).map(|_| scope.spawn(seal)).collect();
        sealing.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(sealed.iter().all(|text| redactor.open(text).unwrap() == b"x"));
    assert_eq!(fs::read_dir(place.subjects()).unwrap().count(), 2);
}

#[test]
fn a_path_in_place_of_a_key_id_is_not_opened() {
    let place = Place::new();
    place.redactor().seal("f", Some("ada"), b"x").unwrap();
    for id in ["..", "names.key", ".", "aaaaaaaaaaaaaaaaaaaaaa.", "audit.keys"] {
        let opened = place.redactor().open(&format!("enc:{id}:f:x"));
        assert!(matches!(opened, Err(OpenError::UnknownKey(_))), "{id}: {opened:?}");
    }
}

#[test]
fn a_provider_keeps_the_subjects_unless_they_have_a_directory() {
    let place = Place::new();
    let provider = |wanted: Wanted<'_>| {
        Ok(match wanted {
            Wanted::Subject(_) | Wanted::Id("theirs") => EncryptionKey::named("theirs", [1; 32]),
            _ => None,
        })
    };
    let keys = Keys::provided(provider).for_journal(&place.journal()).unwrap();
    let redactor = Redactor::new("shop").with_keys(keys.clone());
    let sealed = redactor.seal("f", Some("ada"), b"x").unwrap();
    assert!(sealed.starts_with("enc:theirs:") && redactor.open(&sealed).unwrap() == b"x");
    assert!(keys.erase_subject("ada").is_err() && !place.subjects().exists());
    let own = Redactor::new("shop").with_keys(keys.with_subjects(place.subjects()));
    assert!(!own.seal("f", Some("ada"), b"x").unwrap().starts_with("enc:theirs:"));
    assert_eq!(own.open(&sealed).unwrap(), b"x");
}

/// Sealed by another implementation of AES-GCM, Python's `cryptography`, from the description alone.
#[test]
fn a_sealed_text_of_today_opens_for_ever() {
    let redactor = Redactor::new("example.com/shop")
        .with_keys(Keys::parse(&format!("encrypt {}", "5a".repeat(32))).unwrap());
    let sealed = "enc:528d0130:User.ssn:AAECAwQFBgcICQoLfZYVSA72k_0_Bv2X6g2kmsjaMIn1PH3Gcy1x";
    assert_eq!(redactor.open(sealed).unwrap(), b"078-05-1120");
}

#[test]
fn services_that_start_at_once_agree_on_the_names_of_keys() {
    for _ in 0..4 {
        let place = Place::new();
        std::thread::scope(|scope| {
            for subject in ["1", "2", "3", "4", "5", "6"] {
                let keys = place.keys();
                scope.spawn(move || keys.sealing(Some(subject)).unwrap().unwrap());
            }
        });
    }
}
