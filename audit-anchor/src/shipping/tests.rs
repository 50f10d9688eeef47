//! What is given to an anchor, and what is not.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use audit_journal::{MemoryStorage, Options};
use audit_tlog::{Signer, SigningKey};

use super::*;

const ORIGIN: &str = "shop.example/audit";

/// One that shows what it is given.
struct Open(Arc<Mutex<Vec<Note>>>);

impl Anchor for Open {
    fn name(&self) -> &str {
        "open"
    }

    fn keep(&mut self, _: &Checkpoint, note: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        self.0.lock().unwrap().push(note.clone());
        Ok(())
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, [seed; 32]).unwrap()
}

fn sign(checkpoint: &Checkpoint, keys: &[u8]) -> Note {
    let keys: Vec<_> = keys.iter().map(|seed| key(*seed)).collect();
    let signers: Vec<&dyn Signer> = keys.iter().map(|key| key as &dyn Signer).collect();
    Note::sign(checkpoint.to_string(), &signers).unwrap()
}

#[test]
fn nothing_is_shipped_but_what_the_writer_has_signed() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let (origin, signer): (_, Arc<dyn Signer>) = (Some(ORIGIN.into()), Arc::new(key(1)));
    let older: Arc<dyn Signer> = Arc::new(key(2));
    let (signer, older_signers) = (Some(signer), vec![older]);
    let options = Options { origin, signer, older_signers, ..Options::default() };
    let mut journal = Journal::open(Arc::clone(&storage), options).unwrap();
    journal.append(b"\"text\":\"record\"").unwrap();
    journal.commit().unwrap();
    journal.tick().unwrap();
    let genuine = Reader::over(Arc::clone(&storage)).checkpoint().unwrap().unwrap();
    let checkpoint = Checkpoint::parse(&genuine.text).unwrap();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let mut way = Way {
        anchor: Box::new(Open(Arc::clone(&kept))),
        storage: Arc::clone(&storage),
        own: Arc::new(Own::of(&journal)),
        unasked: None,
        lane: Arc::new(Lane::new("open", true, Duration::ZERO)),
    };
    let larger = Checkpoint { size: u64::MAX, ..checkpoint.clone() };
    let other = Checkpoint { origin: "other.example/audit".into(), ..checkpoint.clone() };
    let forged = Note { text: larger.to_string(), ..genuine.clone() };
    for (note, why) in [
        (sign(&larger, &[3]), "no trusted key has signed it"),
        (forged, "that this key has not made"),
        (sign(&other, &[1]), "it is of the journal other.example/audit"),
        (sign(&larger, &[1]), "it is of 18446744073709551615 records, and 3 are durable"),
    ] {
        storage.replace("checkpoint", note.to_string().as_bytes()).unwrap();
        let told = way.ship_newest().unwrap_err().to_string();
        assert!(told.contains(why), "{told}");
        assert_eq!((kept.lock().unwrap().len(), way.lane.size()), (0, None), "{why}");
    }
    // What a stranger has put to it is left out; an older key of the journal is none.
    storage.replace("checkpoint", sign(&checkpoint, &[3, 1, 2]).to_string().as_bytes()).unwrap();
    assert!(way.ship_newest().unwrap());
    assert_eq!(*kept.lock().unwrap(), [sign(&checkpoint, &[1, 2])]);
    assert_eq!(way.lane.size(), Some(checkpoint.size));
}

/// One that doubts, fails, and counts how often it is asked.
struct Doubtful(Arc<AtomicU32>);

impl Anchor for Doubtful {
    fn name(&self) -> &str {
        "doubtful"
    }

    fn doubt(&self, journal: &Path) -> Option<String> {
        thread::sleep(SLOW);
        Some(format!("it is beside {}", journal.display()))
    }

    fn keep(&mut self, _: &Checkpoint, _: &Note, _: &Arc<dyn Storage>) -> io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(io::Error::other("it keeps nothing"))
    }
}

const SLOW: Duration = Duration::from_millis(300);
static DOUBTS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn nobody_waits_for_what_an_anchor_doubts_and_none_is_asked_without_a_pause() {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
    let signer: Arc<dyn Signer> = Arc::new(key(1));
    let options = Options { signer: Some(signer), ..Options::default() };
    let mut journal = Journal::open(Arc::clone(&storage), options).unwrap();
    journal.tick().unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let anchor: Box<dyn Anchor> = Box::new(Doubtful(Arc::clone(&asked)));
    let doubted = |name: &str, doubt: &str| DOUBTS.lock().unwrap().push(format!("{name}: {doubt}"));
    let place = Some(PathBuf::from("/srv/audit"));
    let begun = Instant::now();
    let anchors = vec![(anchor, Duration::ZERO)];
    let shipping =
        Shipping::start(anchors, &storage, &journal, Duration::ZERO, place, doubted).unwrap();
    assert!(begun.elapsed() < SLOW, "{:?}", begun.elapsed());
    thread::sleep(SLOW * 2);
    shipping.finish(SLOW);
    assert_eq!(*DOUBTS.lock().unwrap(), ["doubtful: it is beside /srv/audit"]);
    let (asked, most) = (asked.load(Ordering::Relaxed), begun.elapsed().as_millis() / 10);
    assert!(asked > 1 && u128::from(asked) <= most, "{asked} of {most}");
}
