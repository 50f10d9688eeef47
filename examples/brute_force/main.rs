//! A service under a scripted attack: what is done, what is found, who is told, and the story behind it.

mod alarm;
mod checks;
mod receiver;
mod screen;
mod script;
mod service;
mod typed;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::{rt, web};
use audit_consumers::alert::Alert;
use audit_consumers::query::{Order, Query, Search, Story, StoryOf};
use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Record, Recorder};

use alarm::Alarm;
use checks::Checks;
use receiver::Receiver;
use screen::Screen;
use script::{ACTS, GUESSER, Stage};

const GRACE: Duration = Duration::from_secs(5);

/// Why the example cannot go on.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    // Nobody is left to tell if standard error is closed.
    let complain = |text: &str| _ = writeln!(io::stderr(), "brute_force: {text}");
    if std::env::args_os().len() > 1 {
        complain("it takes no arguments");
        return ExitCode::from(2);
    }
    match rt::System::new().block_on(run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// The answer is whether everything held.
async fn run() -> Result<bool, Failure> {
    let work = tempfile::tempdir()?;
    let journal = work.path().join("journal");
    let recorder = Recorder::builder(&journal).service("brute_force", env!("CARGO_PKG_VERSION"));
    let recorder = recorder.install()?;
    let (address, server) = service::start()?;
    let service = server.handle();
    let running = rt::spawn(server);
    let place = journal.clone();
    let played = web::block(move || play(address, &place)).await?;
    service.stop(true).await;
    running.await??;
    recorder.shutdown(GRACE)?;
    let mut played = played?;
    look_back(&mut played.screen, &journal)?;
    check(played, &journal, work.path())
}

/// What was played, and what came of it.
struct Played {
    screen: Screen,
    stage: Stage,
    alerts: Vec<Alert>,
    /// What was wrong with the watch.
    trouble: Vec<String>,
    secrets: Vec<String>,
}

/// Plays all acts, and shows what is found of each and who is told.
fn play(address: SocketAddr, journal: &Path) -> Result<Played, Failure> {
    let (mut screen, receiver) = (Screen::default(), Receiver::start()?);
    let mut secrets: Vec<_> = typed::secrets().map(str::to_owned).collect();
    secrets.push(receiver.key.expose().clone());
    let mut alarm = Alarm::start(journal, receiver)?;
    writeln!(
        screen,
        "A service with a login listens on {address}. A watch in the same process looks for attacks\n\
         in its journal and sends alerts to a receiver on this machine, which checks their signatures.\n\
         All requests come from 127.0.0.1, which the service trusts as a proxy; the addresses below\n\
         are documentation addresses that the script claims in X-Forwarded-For."
    )?;
    let mut stage = Stage::new(address);
    for act in &ACTS {
        let first = findings(journal)?.len();
        writeln!(screen, "\n{}\n\n{}", act.title, act.what)?;
        (act.play)(&mut stage)?;
        let alerts = alarm.wait_for(act.expected);
        if alerts.is_empty() {
            continue;
        }
        writeln!(screen, "\n  Findings, as they stand in the journal:\n")?;
        screen.findings(&findings(journal)?[first..])?;
        writeln!(screen, "\n  Alerts, as the receiver got them:\n")?;
        alerts.iter().try_for_each(|alert| screen.alert(alert))?;
    }
    let (alerts, trouble) = alarm.stop()?;
    secrets.extend(stage.tokens.iter().cloned());
    Ok(Played { screen, stage, alerts, trouble, secrets })
}

/// The findings in the journal, the oldest first.
fn findings(journal: &Path) -> Result<Vec<Record>, Failure> {
    let (reader, query) = (Reader::open(journal)?, Query::new().action("DetectorFinding"));
    let page = Search::new(&reader, &query).order(Order::OldestFirst).page()?;
    Ok(page.matches.into_iter().map(|found| found.record).collect())
}

/// Shows the story of the login that succeeded, and what the account has done since.
fn look_back(screen: &mut Screen, journal: &Path) -> Result<(), Failure> {
    let reader = Reader::open(journal)?;
    let text = format!("action=Login outcome=success origin={GUESSER}");
    let found = Search::new(&reader, &Query::parse(&text)?).page()?.matches;
    let taken = &found.first().ok_or("no login succeeded from there")?.record;
    let id = taken.correlation_id.clone().ok_or("the login has no correlation id")?;
    writeln!(screen, "\nThe story of the request that took the account ({id})\n")?;
    let story = Story::find(&reader, &StoryOf::Correlation(id))?;
    screen.records(story.told.iter().map(|told| (&told.found.record, told.depth)))?;

    let text = "actor=user:ada category!=access outcome!=failure last 1h";
    writeln!(screen, "\nWhat ada's account has done, asked as `{text}`\n")?;
    let query = Query::parse(text)?;
    let page = Search::new(&reader, &query).order(Order::OldestFirst).page()?;
    screen.records(page.matches.iter().map(|found| (&found.record, 0)))?;
    Ok(writeln!(screen, "  {}", page.scan)?)
}

/// Checks what was played and what it left; the answer is whether everything held.
fn check(mut played: Played, journal: &Path, directory: &Path) -> Result<bool, Failure> {
    let (stage, alerts) = (&played.stage, &played.alerts);
    writeln!(played.screen, "\nChecks\n")?;
    let mut checks = Checks { screen: &mut played.screen, held: true };
    let what = format!("{} requests were answered as they should be", stage.requests);
    checks.check(&what, &stage.surprises)?;
    checks.told(&findings(journal)?, alerts)?;
    checks
        .check("the watch had no trouble, and no alert waits or was given up", &played.trouble)?;
    let verification = verify(&DirectoryStorage::read_only(journal))?;
    let damage: Vec<_> = verification.findings.iter().map(|it| it.reason.clone()).collect();
    let what = format!("verify: the chain over {} records is unbroken", verification.records);
    checks.check(&what, &damage)?;
    checks.secrets(&played.secrets, directory, alerts)?;
    let held = checks.held;
    let verdict = if held { "Everything held." } else { "Something did not hold." };
    writeln!(played.screen, "\n{verdict}")?;
    Ok(held)
}
