//! Witnesses that answer wrongly, over real sockets; a right one is tried in tests/services.

mod server;

use std::io::Write as _;
use std::net::TcpListener;
use std::thread;

use audit_journal::{Journal, MemoryStorage, Options, Reader};
use audit_tlog::{Signer as _, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::{Shipping, Status};
use server::{Reply, answer, has, read, says, serve};

const NAME: &str = "witness.example/w1";
/// That of the seed that is 32 times 9.
const KEY: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";
const ORIGIN: &str = "shop.example/audit";
const TIME: u64 = 1_700_000_000;

/// A journal at work, and its newest checkpoint.
struct Fixture {
    journal: Journal,
    storage: Arc<dyn Storage>,
}

impl Fixture {
    fn new() -> Self {
        let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new());
        let journal = Journal::open(Arc::clone(&storage), options()).unwrap();
        let mut fixture = Self { journal, storage };
        fixture.grow();
        fixture
    }

    /// Five records more, and what is signed over them.
    fn grow(&mut self) {
        (0..5).for_each(|_| self.journal.append(b"\"text\":\"record\"").unwrap());
        self.journal.stop().unwrap();
        self.journal.commit().unwrap();
        self.journal.tick().unwrap();
    }

    fn newest(&self) -> (Checkpoint, Note) {
        let note = Reader::over(Arc::clone(&self.storage)).checkpoint().unwrap().unwrap();
        (Checkpoint::parse(&note.text).unwrap(), note)
    }

    fn keep(&self, witness: &mut Witness) -> io::Result<()> {
        let (checkpoint, note) = self.newest();
        witness.keep(&checkpoint, &note, &self.storage)
    }

    fn kept(&self) -> Option<Note> {
        cosigned(&*self.storage, &KEY.parse().unwrap()).unwrap()
    }
}

fn options() -> Options {
    let signer: Arc<dyn audit_tlog::Signer> =
        Arc::new(SigningKey::from_seed(ORIGIN, [1; 32]).unwrap());
    Options { origin: Some(ORIGIN.into()), signer: Some(signer), ..Options::default() }
}

/// Cosigns the text of the checkpoint that is asked for, once it is changed by this.
fn cosigns(seed: u8, time: u64, change: fn(&str) -> String) -> Reply {
    Box::new(move |body| {
        let (_, note) = body.split_once("\n\n").unwrap();
        let text = change(&Note::parse(note).unwrap().text);
        answer(200, "text/plain", &cosignature(seed, time, &text))
    })
}

/// The line of a cosignature.
fn cosignature(seed: u8, time: u64, text: &str) -> String {
    let key = SigningKey::from_seed(NAME, [seed; 32]).unwrap();
    let signature = key.sign(&format!("cosignature/v1\ntime {time}\n{text}")).unwrap();
    let id = KEY.parse::<WitnessKey>().unwrap().id().to_be_bytes();
    let bytes = [id.as_slice(), &time.to_be_bytes(), &signature].concat();
    format!("\u{2014} {NAME} {}\n", STANDARD.encode(bytes))
}

#[test]
fn a_cosigned_checkpoint_is_kept_and_the_next_one_is_proved_to_go_on_from_it() {
    let mut fixture = Fixture::new();
    let (mut witness, bodies) =
        serve(vec![cosigns(9, TIME, str::to_owned), cosigns(9, TIME + 1, str::to_owned)]);
    fixture.keep(&mut witness).unwrap();
    let (first, note) = fixture.newest();
    assert_eq!(bodies.recv().unwrap(), format!("old 0\n\n{note}"));
    let kept = fixture.kept().unwrap();
    assert_eq!((&kept.text, &kept.signatures[..1]), (&note.text, &note.signatures[..]));
    assert_eq!(witness.key.cosigned(&kept), Ok(TIME));
    fixture.grow();
    // Another process knows from the file how far the witness is.
    witness.known = None;
    fixture.keep(&mut witness).unwrap();
    let (second, note) = fixture.newest();
    let body = bodies.recv().unwrap();
    let hashes =
        prove_growth(&*fixture.storage, first.size, &second, Instant::now() + DEADLINE).unwrap();
    let hashes: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    assert_eq!(body, format!("old {}\n{hashes}\n{note}", first.size));
    assert_eq!(witness.key.cosigned(&fixture.kept().unwrap()), Ok(TIME + 1));
}

#[test]
fn a_witness_that_has_another_size_is_asked_once_more_from_there() {
    let fixture = Fixture::new();
    let (mut witness, bodies) = serve(vec![has(3), cosigns(9, TIME, str::to_owned)]);
    fixture.keep(&mut witness).unwrap();
    assert!(bodies.recv().unwrap().starts_with("old 0\n"));
    assert!(bodies.recv().unwrap().starts_with("old 3\n"));
    let (mut witness, _bodies) = serve(vec![has(4), has(5)]);
    witness.known = Some(0);
    let told = fixture.keep(&mut witness).unwrap_err();
    assert!(told.to_string().contains("another size"), "{told}");
}

#[test]
fn what_is_kept_of_another_journal_or_of_more_records_than_are_here_is_asked_for_no_proof() {
    let fixture = Fixture::new();
    let (newest, _) = fixture.newest();
    let other = Checkpoint { origin: "other.example/audit".to_owned(), size: 3, ..newest.clone() };
    let more = Checkpoint { size: newest.size + 7, ..newest.clone() };
    for (kept, old) in [(other, 0), (more, newest.size)] {
        let (mut witness, bodies) = serve(vec![cosigns(9, TIME, str::to_owned)]);
        let key = SigningKey::from_seed(ORIGIN, [1; 32]).unwrap();
        let kept = Note::sign(kept.to_string(), &[&key]).unwrap();
        keep_cosigned(&*fixture.storage, &witness.key, &kept).unwrap();
        fixture.keep(&mut witness).unwrap();
        assert!(bodies.recv().unwrap().starts_with(&format!("old {old}\n\n")));
    }
}

#[test]
fn a_journal_that_is_shorter_or_another_than_what_was_cosigned_is_told_as_such() {
    let fixture = Fixture::new();
    let size = fixture.newest().0.size;
    let cases: [(Vec<Reply>, String); 4] = [
        (
            vec![has(size + 7)],
            format!(
                "cosigned {} records of `{ORIGIN}`, and the newest checkpoint here is of {size}",
                size + 7
            ),
        ),
        (
            vec![has(size), says(422, "text/plain", "\u{1b}[31mother root")],
            format!("from the {size} records"),
        ),
        (vec![has(3), has(3)], "from the 3 records".to_owned()),
        (vec![says(422, "text/plain", "")], "from the 0 records".to_owned()),
    ];
    for (replies, expected) in cases {
        let (mut witness, _bodies) = serve(replies);
        let told = fixture.keep(&mut witness).unwrap_err();
        assert_eq!(told.kind(), io::ErrorKind::InvalidData, "{told}");
        assert!(told.to_string().contains(&expected), "{told}");
        assert!(!told.to_string().contains('\u{1b}'));
        assert_eq!(fixture.kept(), None);
    }
}

/// A witness that answers so is given the checkpoints of a journal which a power cut has left with an older one than the
/// witness has. What is said of it before this start has signed anything, and what behind that.
fn after_a_power_cut(replies: Vec<Reply>) -> [Status; 2] {
    let mut fixture = Fixture::new();
    let read = |name| {
        let file = fixture.storage.open(name, audit_journal::Access::Read).unwrap();
        let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
        assert_eq!(file.read_at(0, &mut bytes).unwrap(), bytes.len());
        bytes
    };
    let older = ["checkpoint", "checkpoints"].map(|name| (name, read(name)));
    fixture.grow();
    let options = options();
    let Fixture { journal, storage } = fixture;
    drop(journal);
    older.iter().for_each(|(name, bytes)| storage.replace(name, bytes).unwrap());
    let mut journal = Journal::open(Arc::clone(&storage), options).unwrap();
    let (witness, bodies) = serve(replies);
    let anchors: Vec<(Box<dyn Anchor>, _)> = vec![(Box::new(witness), DEADLINE)];
    let shipping = Shipping::start(anchors, &storage, &journal, DEADLINE, None, |_, _| ()).unwrap();
    let watermark = journal.watermark();
    let status = |is_so: fn(&Status) -> bool| {
        let due = Instant::now() + DEADLINE;
        loop {
            let status = shipping.statuses(watermark.durable()).remove(0);
            if is_so(&status) {
                return status;
            }
            assert!(Instant::now() < due, "{status:?}");
            thread::sleep(Duration::from_millis(5));
        }
    };
    let before = status(|status| status.failure.is_some());
    journal.tick().unwrap();
    let behind = status(|status| status.size.is_some() || status.contradicts);
    drop((shipping, bodies));
    [before, behind]
}

#[test]
fn an_older_checkpoint_than_the_witness_has_is_no_roll_back_before_the_start_has_signed() {
    // Of eight and of fourteen records there were checkpoints, and the second is gone.
    let [before, behind] =
        after_a_power_cut(vec![has(14), has(14), cosigns(9, TIME, str::to_owned)]);
    let why = before.failure.unwrap();
    assert!(why.contains("cosigned 14 records") && !before.contradicts, "{why}");
    assert!(!behind.contradicts && behind.size > Some(14), "{behind:?}");
    let [before, behind] = after_a_power_cut((0..5).map(|_| has(1000)).collect());
    assert!(!before.contradicts && behind.contradicts, "{before:?} {behind:?}");
}

#[test]
fn what_is_no_cosignature_of_this_checkpoint_by_this_key_is_not_kept() {
    let fixture = Fixture::new();
    let cases: [Reply; 7] = [
        cosigns(8, TIME, str::to_owned),
        cosigns(9, TIME, |text| text.replace("shop", "shod")),
        cosigns(9, 0, str::to_owned),
        says(200, "text/plain", ""),
        says(200, "text/plain", "\u{2014} other.example AAAAAAA=\n"),
        says(200, "text/html", "<html>"),
        // More than a signature: what it cosigns begins with the checkpoint, and is none.
        Box::new(|body| {
            let (_, note) = body.split_once("\n\n").unwrap();
            answer(200, "text/plain", &format!("\n{}", cosignature(9, TIME, note)))
        }),
    ];
    for (at, reply) in cases.into_iter().enumerate() {
        let (mut witness, _bodies) = serve(vec![reply]);
        let told = fixture.keep(&mut witness).unwrap_err();
        assert!(
            told.to_string().contains("no cosignature by the key witness.example/w1+"),
            "{at}: {told}"
        );
        assert_ne!(told.kind(), io::ErrorKind::InvalidData);
        assert_eq!((fixture.kept(), witness.known), (None, None), "{at}");
    }
}

/// A line in the name of another witness that this one has not made would void the checkpoint for whoever trusts both.
#[test]
fn what_a_witness_signs_in_the_name_of_others_is_not_kept() {
    let fixture = Fixture::new();
    let reply = |body: &str| {
        let (_, note) = body.split_once("\n\n").unwrap();
        let own = cosignature(9, TIME, &Note::parse(note).unwrap().text);
        answer(200, "text/plain", &(own.replace(NAME, "witness.example/w2") + &own))
    };
    let (mut witness, _bodies) = serve(vec![Box::new(reply)]);
    fixture.keep(&mut witness).unwrap();
    let kept = fixture.kept().unwrap().signatures;
    let names: Vec<_> = kept.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [ORIGIN, NAME]);
}

#[test]
fn each_refusal_says_what_to_do_and_nothing_in_the_words_of_the_witness() {
    let fixture = Fixture::new();
    for (status, kind, expected) in [
        (403, "text/plain", "the journal's public key"),
        (404, "text/plain", ORIGIN),
        (409, "text/plain", "does not say of how many"),
        (301, "text/plain", "redirects are not followed"),
        (429, "text/plain", "cannot cosign now"),
        (503, "text/plain", "cannot cosign now"),
        (400, "text/plain", "see its own log"),
        (202, "text/plain", "see its own log"),
    ] {
        let (mut witness, _bodies) = serve(vec![says(status, kind, "evil words")]);
        let told = fixture.keep(&mut witness).unwrap_err().to_string();
        assert!(told.contains(&format!("answered {status}")) && told.contains(expected), "{told}");
        assert!(!told.contains("evil"), "{told}");
    }
    for (kind, body) in [
        (SIZE_TYPE, ""),
        (SIZE_TYPE, "x\n"),
        (SIZE_TYPE, "-1\n"),
        (SIZE_TYPE, "18446744073709551616\n"),
        (SIZE_TYPE, "5"),
        ("text/plain", "5\n"),
    ] {
        let (mut witness, _bodies) = serve(vec![says(409, kind, body)]);
        let told = fixture.keep(&mut witness).unwrap_err().to_string();
        assert!(told.contains("does not say of how many"), "{body:?}: {told}");
    }
}

#[test]
fn no_witness_holds_the_anchor_up_or_fills_its_memory() {
    let fixture = Fixture::new();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    let drip = |start: String, part: &'static [u8], pause: u64| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/w1", listener.local_addr().unwrap());
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            read(&mut stream);
            let mut is_open = stream.write_all(start.as_bytes()).is_ok();
            while is_open {
                is_open = stream.write_all(part).is_ok();
                thread::sleep(Duration::from_millis(pause));
            }
        });
        let witness = Witness::new(&url, KEY.parse().unwrap()).unwrap();
        Witness { deadline: Duration::from_millis(500), ..witness }
    };
    let long: &'static [u8] = &[b'x'; 4096];
    for (what, mut witness, expected) in [
        ("silent", drip(String::new(), b"", 1), "no answer in time"),
        ("a slow head", drip(head.to_owned(), b"x", 20), "no answer in time"),
        ("a slow body", drip(format!("{head}\r\n"), b"x", 20), "no answer in time"),
        ("an endless head", drip(head.to_owned(), long, 0), "too long"),
        ("an endless body", drip(format!("{head}\r\n"), long, 0), "too long"),
        ("no HTTP", drip("SSH-2.0-x\r\n\r\n".to_owned(), b"", 1), "does not speak HTTP"),
    ] {
        let begun = Instant::now();
        let told = fixture.keep(&mut witness).unwrap_err().to_string();
        assert!(told.contains(expected), "{what}: {told}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{what}: {:?}", begun.elapsed());
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut gone = Witness::new(&format!("http://{free}"), KEY.parse().unwrap()).unwrap();
    let told = fixture.keep(&mut gone).unwrap_err().to_string();
    assert!(told.contains("refused"), "{told}");
}

#[test]
fn without_tls_only_this_machine_is_reached() {
    let told = |url: &str| Witness::new(url, KEY.parse().unwrap()).map(|_| ());
    for url in [
        "https://witness.example/w1",
        "http://localhost:7380",
        "http://127.0.0.2/",
        "http://[::1]:1/w1/",
    ] {
        assert_eq!(told(url), Ok(()), "{url}");
    }
    for (url, expected) in [
        ("http://witness.example/w1", "https://"),
        ("http://localhost.example", "https://"),
        ("http://10.0.0.1", "https://"),
        ("ftp://localhost", "https://"),
        ("https://user:secret@witness.example", "a password"),
        ("https://witness.example/?token=secret", "a query"),
        ("witness.example", "https://"),
        ("/w1", "names no host"),
        ("https:// x", "cannot be read"),
    ] {
        let told = told(url).unwrap_err();
        assert!(told.contains(expected) && !told.contains("secret"), "{url}: {told}");
    }
    let with = |ca: &Path| {
        let witness = Witness::new("https://witness.example", KEY.parse().unwrap()).unwrap();
        witness.ca_file(ca).map(|_| ())
    };
    let ca = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(ca.path(), "none").unwrap();
    assert_eq!(with(ca.path()), Err("the file holds no certificate in PEM"));
    assert_eq!(with(Path::new("/nowhere")), Err("the file is not there, or may not be read"));
}
