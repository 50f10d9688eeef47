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
    /// What is borne out by the journal's own notes, and by the anchors: the change lies behind that.
    agreed: [u64; 2],
}

impl Due {
    fn of(made: &Made, storage: &MemoryStorage, has_tiles: bool) -> Self {
        let now = shown::lines(storage);
        // What was rolled back may begin where records are pruned by now.
        let begins = now.first().and_then(|line| shown::seq(line));
        let from = made.kept_from().min(begins.unwrap_or(u64::MAX));
        let then: Vec<_> = made.records.range(from..).map(|(_, line)| line.clone()).collect();
        let first = (then != now).then(|| {
            let same = then.iter().zip(&now).take_while(|(then, now)| then == now);
            from + same.count() as u64
        });
        let (contradicted, agreed) = contradicted(made, storage, &now, has_tiles);
        let level = if shown::is_chained(storage) { contradicted } else { Some(Level::Chain) };
        let mut named = named(from, &then, &now);
        if !is_begun(made, storage) {
            // Without what says so, all that was pruned is gone, too, or what was since an earlier pruning.
            let earlier = now.iter().filter(|line| line::action(line) == "JournalPruned");
            let ends = earlier.filter_map(|line| line::journal(line)["last_seq"].as_u64());
            named.extend(ends.map(|last| last + 1).chain([0]));
        }
        Self { level, first, named, agreed }
    }

    /// True if a finding tells that the change lies behind what is borne out, and not behind where it is: by its own
    /// place, or by that from which on nothing tells.
    fn is_bounded_by(&self, finding: &Finding, first: u64, level: Level) -> bool {
        let since = self.agreed[usize::from(level == Level::Anchored)];
        let unsure = finding.reason.split_once("of those from seq ").and_then(|(_, rest)| {
            rest.split(' ').next()?.parse().ok().filter(|_| finding.kind == Kind::Truncated)
        });
        [Some(finding.seq), unsure].into_iter().flatten().any(|seq| (since..=first).contains(&seq))
    }
}

/// The level at which something signed speaks against records that fit each other, and how many of them the journal's
/// own notes and the anchors bear out.
fn contradicted(
    made: &Made,
    storage: &MemoryStorage,
    now: &[Vec<u8>],
    has_tiles: bool,
) -> (Option<Level>, [u64; 2]) {
    let from = now.first().and_then(|line| shown::seq(line)).unwrap_or(0);
    let mut all: Vec<_> = made.records.range(..from).map(|(_, line)| line.clone()).collect();
    all.extend_from_slice(now);
    let roots = shown::roots(&all);
    let is_same = |signed: &&shown::Signed| {
        usize::try_from(signed.size).ok().and_then(|size| roots.get(size)) == Some(&signed.root)
    };
    let keys = made.keys();
    let anchors = made.anchors.iter().filter_map(|note| shown::stated(note, &keys)).collect();
    let signed = [shown::signed(storage, &keys), anchors];
    // Of what is pruned tiles alone tell.
    let is_told = |signed: &&shown::Signed| signed.size >= from || has_tiles;
    let agreed = signed.each_ref().map(|signed| {
        let same = signed.iter().filter(is_same).filter(is_told);
        same.map(|signed| signed.size).max().unwrap_or(0)
    });
    let levels = [Level::Signed, Level::Anchored].into_iter().zip(&signed);
    let mut others = levels.filter(|(_, signed)| !signed.iter().all(|signed| is_same(&signed)));
    (others.next().map(|(level, _)| level), agreed)
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

/// What the verifier says at a level: its damage; `None` if it decides nothing because all signatures are gone, and
/// they are.
fn told(
    made: &Made,
    storage: &MemoryStorage,
    level: Level,
) -> Result<Option<Vec<Finding>>, String> {
    let checked = match level {
        Level::Chain => verify(storage),
        Level::Signed => verify_signed(storage, &made.trust(&[])),
        Level::Anchored => verify_signed(storage, &made.trust(&made.anchors)),
    };
    let is_checked = level == Level::Chain || shown::has_checkpoint(storage);
    let has_anchors = level == Level::Anchored && !made.anchors.is_empty();
    match checked {
        Err(Error::Unsigned { .. }) if !is_checked && !has_anchors => Ok(None),
        Err(error) => Err(format!("{}: {error}", level.name())),
        Ok(checked) => match damage(&checked) {
            found if found.is_empty() && !is_checked => {
                Err(format!("{}: nothing is signed, and that is not told", level.name()))
            }
            found => Ok(Some(found)),
        },
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
    if let (None, Some(file)) = (due.first, &attack.file) {
        return judge_file(made, storage, file);
    }
    for level in LEVELS {
        let Some(mut found) = told(made, storage, level)? else { continue };
        if !shown::has_checkpoint(storage) && due.level.is_none() {
            // That the signatures are gone is told by itself, against an anchor, and no record is accused.
            found.retain(|it| (it.kind, &*it.segment) != (Kind::Unsigned, "checkpoint"));
        }
        let is_due = due.level.is_some_and(|due| due <= level);
        // Whoever signs anew can't do so in the name of a key that has handed over, whose note stands behind the change.
        let is_by_key =
            |it: &Finding| Some(it.seq) >= due.first && it.reason.contains("the change of the key");
        let is_told_by_key = match due.level {
            None => level > Level::Chain && found.iter().all(is_by_key),
            Some(due) => {
                (level, due) == (Level::Signed, Level::Anchored) && found.iter().all(is_by_key)
            }
        };
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
            // what can be told.
            _ => found.iter().any(|finding| due.is_bounded_by(finding, first, level)),
        };
        if !is_named {
            let due = format!("{:?} from {first}, behind {:?}", due.named, due.agreed);
            return Err(format!("{}: {due} is not named: {found:#?}", level.name()));
        }
    }
    judge_by_first_key(made, storage, due)
}

/// Who trusts the key alone that signed first finds damage where who trusts all of them does, and none where nothing is
/// changed, if no change of the key is pruned.
fn judge_by_first_key(made: &Made, storage: &MemoryStorage, due: &Due) -> Result<(), String> {
    let Ok(checked) = verify_signed(storage, &made.trust_first()) else { return Ok(()) };
    let is_due = due.level.is_some_and(|level| level < Level::Anchored);
    let is_same = due.first.is_none() && due.level.is_none() && made.kept_from() == 0;
    match checked.is_intact() {
        true if is_due => Err("by the first key: nothing is found".to_owned()),
        false if is_same => Err(format!("by the first key: {:#?}", checked.findings)),
        _ => Ok(()),
    }
}

/// The records are as they were, and a file beside them is not: no record is accused, and what vouched for some is missed.
fn judge_file(made: &Made, storage: &MemoryStorage, name: &str) -> Result<(), String> {
    for level in LEVELS {
        let Some(found) = told(made, storage, level)? else { continue };
        let accuses = |it: &&Finding| it.segment.ends_with(".jsonl") && it.kind != Kind::Unsigned;
        if let Some(finding) = found.iter().find(accuses) {
            return Err(format!("{}: a record is accused: {finding}", level.name()));
        }
    }
    let found = verify_signed(storage, &made.trust(&[])).map_err(|error| error.to_string())?;
    let is_of_file = |it: &&Finding| it.segment == name;
    let kinds: Vec<Kind> = found.findings.iter().filter(is_of_file).map(|it| it.kind).collect();
    let is_found = match kind_due(made, storage, name) {
        // Of what was pruned, a note that names another key may be of one that was replaced.
        Some(Kind::Unsigned) => {
            kinds.iter().any(|kind| !kind.is_warning() || *kind == Kind::Former)
        }
        Some(kind) => kinds.contains(&kind),
        None => true,
    };
    let told = || format!("{name} is changed, and not told of: {:#?}", found.findings);
    is_found.then_some(()).ok_or_else(told)
}

/// What is due of a file that is changed: a warning, or as `Unsigned` any damage; `None` where nothing is promised.
fn kind_due(made: &Made, storage: &MemoryStorage, name: &str) -> Option<Kind> {
    let [then, now] = [&made.storage, storage].map(|it| it.file(name));
    let past = made.past.iter().any(|past| past.file(name) == now);
    let (then, is_gone, now) = (then?, now.is_none(), now.unwrap_or_default());
    let changed = then.iter().zip(&now).take_while(|(then, now)| then == now).count();
    let is_due = match name {
        _ if then == now => false,
        // Behind the number that stands there twice is what vouches for it.
        "WATERMARK" => {
            return (is_gone || !past && changed < 42).then_some(Kind::Watermark);
        }
        "tiles/0" => {
            let differs =
                |at: &usize| then.get(at * 32..at * 32 + 32) != now.get(at * 32..at * 32 + 32);
            let kept = usize::try_from(made.kept_from()).unwrap();
            return (kept..then.len() / 32).any(|at| differs(&at)).then_some(Kind::Tiles);
        }
        // An older one may stand there that is as new as the end of the history.
        "checkpoint" => {
            let newest =
                shown::notes(&now).pop().and_then(|note| shown::stated(&note, &made.keys()));
            let past = shown::notes(&made.storage.file("checkpoints").unwrap());
            let past = past.last().and_then(|note| shown::stated(note, &made.keys()));
            newest.map(|it| it.size) < past.map(|it| it.size)
        }
        // What stands behind the last whole note may be torn, and what was appended may be cut off again.
        "checkpoints" => now.len() == then.len() && changed < shown::last_note(&then),
        _ => name.starts_with("seg/") && name.ends_with(".seal"),
    };
    is_due.then_some(Kind::Unsigned)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn try_one(made: &Made, seed: u64) -> Result<Option<Level>, String> {
    let mut random = Random::of(seed);
    let (storage, attack) = attack::mutate(made, &mut random);
    let due = Due::of(made, &storage, attack.has_tiles);
    let outcome = judge(made, &storage, &attack, &due);
    outcome.map_err(|reason| {
        format!("AUDITED_SEED={seed} AUDITED_MUTATIONS=1: {}: {reason}", attack.what)
    })?;
    Ok(due.level)
}

/// A journal that is not changed, and of which nothing is found.
fn whole(of: u64) -> Made {
    let made = Made::of(&mut Random::of(!of));
    let nothing = Attack { what: "nothing".to_owned(), has_tiles: true, file: None };
    let judged = judge(&made, &made.storage, &nothing, &Due::of(&made, &made.storage, true));
    assert_eq!(judged, Ok(()), "AUDITED_SEED={of} AUDITED_MUTATIONS=1");
    made
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
            _ => made.insert((of, whole(of))),
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
        let found = told(&made, &storage, Level::Chain).unwrap().unwrap();
        let is_named = |it: &Finding| it.kind == Kind::Missing && it.seq == gone;
        assert!(found.iter().any(is_named), "seed {seed}: {gone} {found:#?}");
        let blind = told(&made, &without_numbers(&storage), Level::Chain).unwrap().unwrap();
        missed += u64::from(blind.is_empty());
    }
    assert!(tried > 10 && missed == tried, "{missed} of {tried} are missed without it");
}
