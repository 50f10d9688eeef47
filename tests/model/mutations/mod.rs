//! Random changes of signed journals, each found at its level with the record named, and honest journals that are never accused.
//!
//! A failing change prints its seed; `AUDITED_SEED=<seed> AUDITED_MUTATIONS=1` repeats it, and greater numbers try more.

mod attack;
mod forge;
mod honest;
mod made;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use audit_runtime::journal::{
    Error, Finding, Kind, Level, MemoryStorage, Verification, verify, verify_epochs, verify_signed,
};

use crate::random::Random;
use crate::simulation::line;
use attack::Attack;
use made::Made;

/// How many changes are tried, of how many to each journal.
const MUTATIONS: u64 = 600;
const EACH: u64 = 50;

/// What must be found of a changed journal.
struct Due {
    /// At this level, and at those above; `None` if nothing tells that records behind the last anchor are gone or new.
    level: Option<Level>,
    /// The first record that is not what it was.
    first: Option<u64>,
    /// The numbers of which one must be named, if the lines themselves tell.
    named: BTreeSet<u64>,
}

impl Due {
    fn of(made: &Made, storage: &MemoryStorage) -> Self {
        let now = shown::lines(storage);
        // What was rolled back may begin where records are pruned by now.
        let begins = now.first().and_then(|line| shown::seq(line));
        let from = made.kept_from().min(begins.unwrap_or(u64::MAX));
        let then: Vec<_> = made.records.range(from..).map(|(_, line)| line.clone()).collect();
        let first = (then != now).then(|| {
            let same = then.iter().zip(&now).take_while(|(then, now)| then == now);
            from + same.count() as u64
        });
        let level = match shown::is_chained(storage) {
            true => contradicted(made, storage, &now),
            false => Some(Level::Chain),
        };
        let mut named = named(from, &then, &now);
        if !is_begun(made, storage) {
            // Without what says so, all that was pruned is gone, too, or what was since an earlier pruning.
            let earlier = now.iter().filter(|line| line::action(line) == "JournalPruned");
            let ends = earlier.filter_map(|line| line::journal(line)["last_seq"].as_u64());
            named.extend(ends.map(|last| last + 1).chain([0]));
        }
        Self { level, first, named }
    }
}

/// The level at which something signed speaks against records that fit each other.
fn contradicted(made: &Made, storage: &MemoryStorage, now: &[Vec<u8>]) -> Option<Level> {
    let from = now.first().and_then(|line| shown::seq(line)).unwrap_or(0);
    let mut all: Vec<_> = made.records.range(..from).map(|(_, line)| line.clone()).collect();
    all.extend_from_slice(now);
    let roots = shown::roots(&all);
    let is_other = |signed: &shown::Signed| {
        usize::try_from(signed.size).ok().and_then(|size| roots.get(size)) != Some(&signed.root)
    };
    let keys = made.keys();
    let signed = shown::signed(storage, &keys);
    let anchors: Vec<_> =
        made.anchors.iter().filter_map(|note| shown::stated(note, &keys)).collect();
    match () {
        () if signed.iter().any(is_other) => Some(Level::Signed),
        () if anchors.iter().any(is_other) => Some(Level::Anchored),
        () => None,
    }
}

/// True if what says where the journal begins stands in its place: its first header, and the record of what was pruned.
fn is_begun(made: &Made, storage: &MemoryStorage) -> bool {
    let (then, now) = (shown::segments(&made.storage), shown::segments(storage));
    let is_pruning = |line: &Vec<u8>| line::action(line) == "JournalPruned";
    let pruning = then.iter().rfind(|(_, lines)| lines.get(1).is_some_and(is_pruning));
    then.iter().take(1).chain(pruning).all(|(first, lines)| {
        let begins =
            |(other, now): &(u64, Vec<Vec<u8>>)| first == other && now.get(..2) == lines.get(..2);
        now.iter().any(begins)
    })
}

fn is_epoch_changed(made: &Made, storage: &MemoryStorage) -> bool {
    let epochs = |storage: &MemoryStorage| {
        let names = storage.names().into_iter().filter(|name| name.starts_with("epochs/"));
        names.map(|name| (storage.file(&name), name)).collect::<Vec<_>>()
    };
    epochs(&made.storage) != epochs(storage)
}

/// The first record that is gone; or else the one too many, by its own number or its place; or else those in each other's place.
fn named(from: u64, then: &[Vec<u8>], now: &[Vec<u8>]) -> BTreeSet<u64> {
    let mut counts: BTreeMap<&[u8], i64> = BTreeMap::new();
    now.iter().for_each(|line| *counts.entry(line).or_default() += 1);
    let gone = then.iter().position(|line| !counts.contains_key(&line[..]));
    if let Some(gone) = gone {
        return [from + gone as u64].into();
    }
    then.iter().for_each(|line| *counts.entry(line).or_default() -= 1);
    let more = |line: &&Vec<u8>| counts[&line[..]] > 0;
    let is_moved = |(then, now): &(&Vec<u8>, &Vec<u8>)| then != now;
    match now.iter().position(|line| more(&line)) {
        Some(_) => {
            let differs = then.iter().zip(now).take_while(|pair| !is_moved(pair)).count();
            let stated = now.iter().filter(more).filter_map(|line| shown::seq(line));
            stated.chain([from + differs as u64]).collect()
        }
        None => {
            let places = (from..).zip(then.iter().zip(now));
            places.filter(|(_, pair)| is_moved(pair)).map(|(seq, _)| seq).collect()
        }
    }
}

/// What the verifier says at a level: its damage; `None` if it decides nothing because all signatures are gone.
fn told(made: &Made, storage: &MemoryStorage, level: Level) -> Option<Vec<Finding>> {
    let checked = match level {
        Level::Chain => verify(storage),
        Level::Signed => verify_signed(storage, &made.trust(&[])),
        Level::Anchored => verify_signed(storage, &made.trust(&made.anchors)),
    };
    match checked {
        Err(Error::Unsigned { .. }) => None,
        Err(Error::NoJournal { .. }) => Some(vec![]),
        Err(error) => panic!("{error}"),
        Ok(checked) => Some(damage(&checked)),
    }
}

fn damage(checked: &Verification) -> Vec<Finding> {
    let damage = checked.findings.iter().filter(|finding| !finding.kind.is_warning());
    damage.cloned().collect()
}

const LEVELS: [Level; 3] = [Level::Chain, Level::Signed, Level::Anchored];

/// Holds what the verifier says at each level against what it must say.
fn judge(made: &Made, storage: &MemoryStorage, attack: &Attack, due: &Due) -> Result<(), String> {
    let is_epoch = verify_epochs(storage).unwrap().iter().any(|older| older.change.is_some());
    if is_epoch != is_epoch_changed(made, storage) && is_begun(made, storage) {
        return Err(format!("older epochs are changed: {is_epoch}"));
    }
    if let (None, Some(_)) = (due.first, &attack.file) {
        return judge_file(made, storage, attack);
    }
    for level in LEVELS {
        let Some(found) = told(made, storage, level) else { continue };
        let is_due = due.level.is_some_and(|due| due <= level);
        // Whoever signs anew can't do so in the name of a key that has handed over, whose note stands behind the change.
        let is_told_by_key = level == Level::Signed
            && due.level == Some(Level::Anchored)
            && found
                .iter()
                .all(|it| Some(it.seq) >= due.first && it.reason.contains("the change of the key"));
        if is_told_by_key {
            continue;
        }
        if is_due == found.is_empty() {
            return Err(format!("{}: due {is_due}, found {found:#?}", level.name()));
        }
        let Some(first) = due.first.filter(|_| is_due) else { continue };
        let names = |seq: &u64| found.iter().any(|finding| finding.seq == *seq);
        let is_named = match due.level {
            Some(Level::Chain) => due.named.iter().any(names),
            Some(Level::Signed) if attack.has_tiles => names(&first),
            // Whoever has signed anew has made tiles that fit: where the last anchor before the change ends is
            // what can be told, and how many records are gone, or that another history was signed.
            _ => found.iter().any(|finding| {
                finding.seq <= first || matches!(finding.kind, Kind::Fork | Kind::Truncated)
            }),
        };
        if !is_named {
            let due = format!("{:?} from {first}", due.named);
            return Err(format!("{}: {due} is not named: {found:#?}", level.name()));
        }
    }
    Ok(())
}

/// The records are as they were, and a file beside them is not: no record is accused, and what vouched for some is missed.
fn judge_file(made: &Made, storage: &MemoryStorage, attack: &Attack) -> Result<(), String> {
    for level in LEVELS {
        let Some(found) = told(made, storage, level) else { continue };
        let accuses = |it: &&Finding| it.segment.ends_with(".jsonl") && it.kind != Kind::Unsigned;
        if let Some(finding) = found.iter().find(accuses) {
            return Err(format!("{}: a record is accused: {finding}", level.name()));
        }
        let is_note = attack.file.as_ref().is_some_and(|file| file == "checkpoint");
        if is_note && attack.what.contains("flipped") && level > Level::Chain && found.is_empty() {
            return Err(format!("{}: a changed checkpoint is not told", level.name()));
        }
    }
    Ok(())
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn try_one(made: &Made, seed: u64) -> Result<Option<Level>, String> {
    let mut random = Random::of(seed);
    let (storage, attack) = attack::mutate(made, &mut random);
    let due = Due::of(made, &storage);
    let outcome = judge(made, &storage, &attack, &due);
    outcome.map_err(|reason| {
        format!("AUDITED_SEED={seed} AUDITED_MUTATIONS=1: {}: {reason}", attack.what)
    })?;
    Ok(due.level)
}

#[test]
fn each_change_is_found_at_its_level_and_names_the_record() {
    let first = number("AUDITED_SEED", 1);
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut made = None;
    for seed in first..first + number("AUDITED_MUTATIONS", MUTATIONS) {
        // The changes of one journal follow each other, and its seed is that of the first of them.
        let of = seed - seed % EACH;
        let (_, made) = match &made {
            Some((known, _)) if *known == of => made.as_ref().unwrap(),
            _ => made.insert((of, Made::of(&mut Random::of(!of)))),
        };
        match try_one(made, seed) {
            Ok(level) => *found.entry(format!("{level:?}")).or_default() += 1,
            Err(failure) => failures.push(failure),
        }
    }
    println!("found at level: {found:?}");
    assert!(failures.is_empty(), "{} failures: {}", failures.len(), failures.join("\n"));
}

/// A verifier that does not look at the numbers of records, played by files that have each number where it is due.
fn without_numbers(storage: &MemoryStorage) -> MemoryStorage {
    let shown = storage.snapshot();
    forge::chain(&shown, shown::segments(storage));
    shown
}

/// Deletes a record, and makes all fit but the numbers: the hashes, the headers and WATERMARK.
fn deleted(made: &Made, random: &mut Random) -> Option<(MemoryStorage, u64)> {
    let storage = made.storage.snapshot();
    let segments = shown::segments(&storage);
    let all = segments.iter().flat_map(|(_, lines)| lines);
    let free: Vec<_> = all.filter(|line| line::action(line).is_empty()).cloned().collect();
    let gone = free.get(random.below(free.len()))?;
    forge::chain_but(&storage, segments, gone);
    Some((storage, shown::seq(gone)?))
}

#[test]
fn a_verifier_without_the_check_of_numbers_is_found_out() {
    let (mut tried, mut missed) = (0, 0);
    for seed in 0..20 {
        let random = &mut Random::of(seed);
        let made = Made::of(random);
        let Some((storage, gone)) = deleted(&made, random) else { continue };
        tried += 1;
        let found = told(&made, &storage, Level::Chain).unwrap();
        let is_named = |it: &Finding| it.kind == Kind::Missing && it.seq == gone;
        assert!(found.iter().any(is_named), "seed {seed}: {gone} {found:#?}");
        let blind = told(&made, &without_numbers(&storage), Level::Chain).unwrap();
        missed += u64::from(blind.is_empty());
    }
    assert!(tried > 10 && missed == tried, "{missed} of {tried} are missed without it");
}
