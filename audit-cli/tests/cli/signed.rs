//! Signed journals: levels and their limits, keys and anchors from outside, proofs, and the exit codes of all that.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use audit_runtime::journal::{DirectoryStorage, Journal, Modes, Options};
use audit_tlog::{Signer as _, SigningKey};
use serde_json::Value;

use crate::fixture::{Fixture, Run};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("example/shop", [seed; 32]).unwrap()
}

fn vkey(seed: u8) -> String {
    key(seed).verifier().to_string()
}

/// Appends so many records to a signed journal, and closes it.
fn write(fixture: &Fixture, count: u32) {
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let options = Options {
        origin: Some("example/shop".to_owned()),
        signer: Some(Arc::new(key(1))),
        segment_bytes_max: 4_000,
        ..Options::default()
    };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    for number in 0..count {
        journal.append(format!("\"text\":\"record {number}\"").as_bytes()).unwrap();
        journal.commit().unwrap();
    }
    journal.close().unwrap();
}

/// The same in one segment, and all at once.
fn write_together(fixture: &Fixture, count: u32) {
    let storage = DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap();
    let (origin, signer) = (Some("example/shop".to_owned()), Some(Arc::new(key(1)) as Arc<_>));
    let options = Options { origin, signer, ..Options::default() };
    let mut journal = Journal::open(Arc::new(storage), options).unwrap();
    for number in 0..count {
        journal.append(format!("\"text\":\"record {number}\"").as_bytes()).unwrap();
    }
    journal.commit().unwrap();
    journal.close().unwrap();
}

fn signed() -> Fixture {
    let fixture = Fixture::empty();
    write(&fixture, 20);
    fixture
}

/// Runs `audited` with a text on its standard input.
fn fed(fixture: &Fixture, arguments: &[&str], text: &str) -> Run {
    let mut command = fixture.command(arguments);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // One that refuses its arguments may have ended before it reads.
    let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
    Run::of(child.wait_with_output().unwrap())
}

#[test]
fn signatures_without_a_key_decide_nothing() {
    let fixture = signed();
    fixture.run(&["verify", "@"]).fails(2, &["is signed", "--key", "--level L1"]);
    // What the chain alone tells needs no key.
    let damaged = signed();
    damage_end(&damaged);
    let run = damaged.run(&["verify", "@"]);
    assert!(run.code == Some(1) && run.out.contains("TAMPER edited"), "{run:?}");
    let out = fixture.run(&["verify", "@", "--level", "L1"]).ok();
    assert!(out.contains("level L1") && out.contains("UNSIGNED, UNANCHORED: anyone"), "{out}");
    let unsigned = Fixture::unsigned();
    unsigned
        .run(&["verify", "@", "--key", &vkey(1)])
        .fails(2, &["is signed", "--anchor", "--level L1"]);
}

#[test]
fn keys_show_what_was_signed_and_say_what_they_do_not() {
    let fixture = signed();
    let file = fixture.directory().join("shop.pub");
    fs::write(&file, format!("# the shop's journal\n\n{}\n{}\n", vkey(2), vkey(1))).unwrap();
    for key in [vkey(1), file.display().to_string()] {
        let out = fixture.run(&["verify", "@", "--key", &key]).ok();
        assert!(
            out.contains("level L2") && out.contains("UNANCHORED: anyone who can write here"),
            "{out}"
        );
    }
    let run = fixture.run(&["verify", "@", "--key", &vkey(1), "--json"]);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(
        (run.code, &report["level"], &report["anchored_size"]),
        (Some(0), &"L2".into(), &Value::Null)
    );
    assert_eq!(report["signed_size"], report["records"]);
    fixture.run(&["verify", "@", "--key", &vkey(1), "--require", "L2"]).ok();
    let run = fixture.run(&["verify", "@", "--key", &vkey(1), "--require", "L3"]);
    run.fails(2, &["level L3 is required and L2 was reached", "--anchor"]);
    let run = fixture.run(&["verify", "@", "--key", &vkey(2)]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.out.starts_with("TAMPER unsigned ") && run.out.contains("no level reached"),
        "{}",
        run.out
    );
}

#[test]
fn an_anchor_from_a_file_or_a_log_shows_how_far_nothing_was_rewritten() {
    let fixture = signed();
    let kept = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
    let size: u64 = kept.lines().nth(1).unwrap().parse().unwrap();
    let anchor = fixture.directory().join("kept");
    fs::write(&anchor, &kept).unwrap();
    write(&fixture, 3);
    let key = vkey(1);
    let arguments = ["verify", "@", "--key", &key, "--require", "L3", "--anchor"];
    let out = fixture.run(&[&arguments[..], &[anchor.to_str().unwrap()]].concat()).ok();
    assert!(out.contains(&format!("level L3: the records up to seq {} agree", size - 1)), "{out}");
    assert!(out.contains(&format!("records {size}..{} not yet anchored", size + 4)), "{out}");
    let place = fixture.directory().join("days");
    fs::create_dir(&place).unwrap();
    let place = place.to_str().unwrap();
    fixture.run(&[&arguments[..], &[place]].concat()).fails(2, &["days", "`.checkpoints`"]);
    fs::write(format!("{place}/shop.2026-01-01.checkpoints"), &kept).unwrap();
    fs::write(format!("{place}/notes.txt"), "of no use").unwrap();
    fixture.run(&[&arguments[..], &[place]].concat()).ok();
    let log = format!("shop started\nINFO checkpoint: {kept}shop stopped\n");
    let out = fed(&fixture, &[&arguments[..], &["-"]].concat(), &log).ok();
    assert!(out.contains("level L3"), "{out}");
    let run = fed(&fixture, &[&arguments[..], &["-"]].concat(), "nothing here\n");
    run.fails(2, &["there is no checkpoint in -"]);
    // Yesterday's directory lacks what was anchored today.
    let today = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
    let old = signed();
    let run = fed(&old, &["verify", "@", "--key", &key, "--anchor", "-"], &today);
    assert_eq!(run.code, Some(1), "{run:?}");
}

/// Nobody has signed what a crash leaves, and nobody what somebody without the key has put in its place.
#[test]
fn an_end_that_nobody_signed_is_named_with_its_numbers_and_a_long_one_keeps_the_level_down() {
    for (count, level) in [(10, "L2"), (5_000, "L1")] {
        let fixture = Fixture::empty();
        write_together(&fixture, 20);
        let signed = ["checkpoint", "checkpoints"].map(|name| fixture.journal().join(name));
        let kept = signed.each_ref().map(|path| fs::read(path).unwrap());
        write_together(&fixture, count);
        signed.iter().zip(kept).for_each(|(path, kept)| fs::write(path, kept).unwrap());
        let out = fixture.run(&["verify", "@", "--key", &vkey(1)]).ok();
        let (first, last) = (23, 23 + count + 1);
        let told = match level {
            "L1" => {
                format!(
                    "UNSIGNED: records {first}..{last}: anyone who can write here can rewrite them\n"
                )
            }
            _ => format!("records {first}..{last} are not signed (yet): anyone who can write here"),
        };
        assert!(out.contains(&told) && out.contains(&format!("level {level}: ")), "{out}");
        assert!(!out.contains("UNSIGNED, UNANCHORED"), "{out}");
        assert!(
            out.ends_with("UNANCHORED: anyone who can write here and use the key can rewrite it\n")
        );
        let run = fixture.run(&["verify", "@", "--key", &vkey(1), "--require", "L2"]);
        assert_eq!(run.code, Some(if level == "L1" { 2 } else { 0 }), "{run:?}");
    }
}

/// Changes a byte of the last record.
fn damage_end(fixture: &Fixture) {
    let mut segments: Vec<_> = fs::read_dir(fixture.journal().join("seg")).unwrap().collect();
    segments
        .retain(|it| it.as_ref().is_ok_and(|it| it.path().extension() == Some("jsonl".as_ref())));
    let last = segments.into_iter().map(|it| it.unwrap().path()).max().unwrap();
    let mut bytes = fs::read(&last).unwrap();
    let at = bytes.len() - 70;
    bytes[at] ^= 1;
    fs::write(last, bytes).unwrap();
}

#[test]
fn an_older_epoch_is_held_against_its_anchors() {
    let (whole, rewritten) = (signed, || {
        let fixture = Fixture::empty();
        write(&fixture, 30);
        fixture
    });
    // The very journal, another one of its name, and both with a damaged end, where the tiles are gone or not.
    for (code, is_damaged, is_tiled) in
        [(0, false, true), (1, false, true), (0, true, true), (1, true, true), (2, true, false)]
    {
        let fixture = whole();
        let kept = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
        let fixture = if code == 1 { rewritten() } else { fixture };
        if is_damaged {
            damage_end(&fixture);
        }
        if !is_tiled {
            fs::remove_file(fixture.journal().join("tiles/0")).unwrap();
        }
        fixture.run(&["adopt", "--new-epoch", "restored", "@"]).ok();
        let mut journal = Journal::open(
            Arc::new(DirectoryStorage::open(fixture.journal(), Modes::default()).unwrap()),
            Options { signer: Some(Arc::new(key(1))), ..Options::default() },
        )
        .unwrap();
        journal.append(b"\"text\":\"in the new epoch\"").unwrap();
        journal.close().unwrap();
        let run = fed(&fixture, &["verify", "@", "--key", &vkey(1), "--anchor", "-"], &kept);
        assert_eq!(run.code, Some(code), "{run:?}");
        let is_named =
            |line: &str| line.starts_with("TAMPER ") && line.contains("segment=epochs/0/");
        assert_eq!(run.out.lines().any(is_named), code == 1, "{run:?}");
        assert_eq!(run.err.contains("cannot be compared"), code == 2, "{run:?}");
    }
}

#[test]
fn an_anchor_that_counts_for_nothing_decides_nothing() {
    let fixture = signed();
    let kept = fs::read_to_string(fixture.journal().join("checkpoint")).unwrap();
    let other = kept.replace("example/shop", "example/other");
    let run = fed(&fixture, &["verify", "@", "--key", &vkey(1), "--anchor", "-"], &other);
    run.fails(2, &["no checkpoint of --anchor counts"]);
}

#[test]
fn keys_and_anchors_that_make_no_sense_are_refused() {
    let fixture = signed();
    let secret = key(3).to_text().to_string();
    let run = fixture.run(&["verify", "@", "--key", &secret]);
    run.fails(3, &["this is a private key"]);
    assert!(!run.err.contains(&secret[20..]), "a private key must not be repeated");
    fixture
        .run(&["verify", "@", "--key", "nothing"])
        .fails(3, &["neither a public key nor a file"]);
    let file = fixture.directory().join("keys");
    fs::write(&file, format!("{}\nnonsense\n", vkey(1))).unwrap();
    let file = file.to_str().unwrap();
    fixture.run(&["verify", "@", "--key", file]).fails(3, &["keys, line 2 is no public key"]);
    fixture
        .run(&["verify", "@", "--anchor", file])
        .fails(3, &["--anchor and --witness need --key"]);
    fixture.run(&["verify", "-", "--key", &vkey(1)]).fails(3, &["no signatures"]);
}

#[test]
fn a_proof_convinces_whoever_has_the_line_and_the_key() {
    let fixture = signed();
    let line = |seq| fixture.run_on_copy(&["show", seq, "@", "--json"]).out;
    let file = fixture.directory().join("record.tlog-proof");
    fs::write(&file, fixture.run(&["prove", "7", "@"]).ok()).unwrap();
    let (key, file) = (vkey(1), file.to_str().unwrap());
    let check = ["prove", "--check", file, "--key", &key];
    let out = fed(&fixture, &check, &line("7")).ok();
    assert!(out.starts_with("record 7 is in the journal example/shop"), "{out}");
    fed(&fixture, &check, &line("8")).fails(1, &["not for this record"]);
    fed(&fixture, &check, "").fails(2, &["standard input has no line"]);
    let other = vkey(2);
    let run = fed(&fixture, &["prove", "--check", file, "--key", &other], &line("7"));
    run.fails(2, &["cannot decide", "no key of --key has signed"]);
    fs::write(file, "nonsense").unwrap();
    fed(&fixture, &check, &line("7")).fails(2, &["holds no proof"]);
    fixture.run(&["prove", "900", "@"]).fails(2, &["record 900", "cannot be proved"]);
    assert_eq!(fixture.run(&["prove"]).code, Some(3));
    Fixture::unsigned()
        .run(&["prove", "1", "@"])
        .fails(2, &["nothing in the journal", "is signed"]);
}

/// That of the frozen journal's cosigned checkpoint.
const WITNESS: &str = "witness.example/w1+24b5d9fe+BP0XJDhaoMdbZPt4zWAvodmR/ev3axPFjtcC6sg16fYY";

#[test]
fn what_a_witness_has_cosigned_lies_with_the_journal_and_says_when_and_by_whom() {
    let frozen = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/signed");
    let golden = SigningKey::from_seed("example.com/golden", [1; 32]).unwrap();
    let key = golden.verifier().to_string();
    let fixture = Fixture::empty();
    let given = ["verify", frozen, "--key", &key, "--require", "L3", "--witness"];
    // The frozen files are open to others, of which a warning tells.
    let shown = |more: &[&str]| {
        let run = fixture.run(&[&given[..], more].concat());
        assert_eq!(run.code, Some(0), "{run:?}");
        run.out
    };
    let out = shown(&[WITNESS]);
    let told = "level L3: the records up to seq 7 agree with what was kept elsewhere\n\
                anchored to size 8 at 2026-01-01T00:00:10.000000000Z by witness.example/w1\n\
                records 8..10 not yet anchored\n";
    assert!(out.ends_with(told), "{out}");
    let file = fixture.directory().join("witnesses");
    fs::write(&file, format!("# ours\n{WITNESS}\n")).unwrap();
    let out = shown(&[file.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let at = "2026-01-01T00:00:10.000000000Z";
    assert_eq!((&report["level"], &report["anchored_size"]), (&"L3".into(), &8.into()));
    assert_eq!(
        (&report["anchored_at"], &report["anchored_by"]),
        (&at.into(), &"witness.example/w1".into())
    );
    // A copy that was kept elsewhere is as good, and needs no `anchors/`.
    let copied = format!("{frozen}/anchors/24b5d9fe");
    shown(&[WITNESS, "--anchor", &copied]);

    let other = WITNESS.replace("w1+24b5d9fe", "w1+24b5d9ff");
    fixture
        .run(&[&given[..], &[&other]].concat())
        .fails(3, &["--witness names neither", "the key's id"]);
    fixture
        .run(&[&given[..], &[&key]].concat())
        .fails(3, &["--witness names neither", "one byte 4"]);
    fixture.run(&["verify", frozen, "--key", WITNESS]).fails(3, &["the key of a witness"]);
    fixture.run(&["verify", frozen, "--witness", WITNESS]).fails(3, &["--witness need --key"]);
    let signed = signed();
    let nothing = ["verify", "@", "--key", &vkey(1), "--witness", WITNESS];
    signed.run(&nothing).fails(2, &["nothing of this journal was cosigned"]);
}
