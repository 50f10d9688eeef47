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
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use actix_web::{rt, web};
use audit_consumers::alert::Alert;
use audit_consumers::query::{Order, Query, Search, Story, StoryOf};
use audit_runtime::journal::{DirectoryStorage, Reader, verify};
use audit_runtime::{Record, Recorder};

use alarm::Alarm;
use receiver::Receiver;
use screen::Screen;
use script::{ACTS, Stage};

const GRACE: Duration = Duration::from_secs(5);

const INTRODUCTION: &str = "\
A service with a login, and in the same process a watch that looks for attacks in its journal. It sends
alerts to a receiver on this machine, which checks their signatures. All requests come from 127.0.0.1,
which the service trusts as a proxy: the addresses below are documentation addresses that the script
claims in X-Forwarded-For.";

/// Why the example cannot go on.
type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match rt::System::new().block_on(run()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody is left to tell if standard error is closed.
            _ = writeln!(io::stderr(), "brute_force: {error}");
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
    let (service, running, place) = (server.handle(), rt::spawn(server), journal.clone());
    let played = web::block(move || play(Stage::new(address), &place)).await?;
    service.stop(true).await;
    running.await??;
    recorder.shutdown(GRACE)?;
    check(played?, &journal, work.path())
}

/// Plays all acts, and shows what is found of each, who is told, and what was behind it.
fn play(mut stage: Stage, journal: &Path) -> Result<(Screen, Stage, Vec<Alert>), Failure> {
    let mut screen = Screen { shown: String::new(), held: true };
    let receiver = Receiver::start()?;
    stage.secrets.push(receiver.key.expose().clone());
    let alarm = Alarm::start(journal, receiver)?;
    screen.say(INTRODUCTION)?;
    let mut alerts = Vec::new();
    for act in &ACTS {
        screen.say(&format!("\n{}\n\n{}", act.title, act.what))?;
        let known = findings(journal)?.len();
        (act.play)(&mut stage)?;
        let new = alarm.settle()?;
        let what = if new.is_empty() { "Nothing is found." } else { "Found, and recorded:\n" };
        screen.say(&format!("\n  {what}"))?;
        findings(journal)?[known..].iter().try_for_each(|finding| screen.finding(finding))?;
        if !new.is_empty() {
            screen.say("\n  Alerts, as the receiver got them:\n")?;
        }
        new.iter().try_for_each(|alert| screen.alert(alert))?;
        alerts.extend(new);
    }
    alarm.stop()?;
    look_back(&mut screen, &alerts, journal)?;
    Ok((screen, stage, alerts))
}

/// The findings in the journal, the oldest first.
fn findings(journal: &Path) -> Result<Vec<Record>, Failure> {
    let (reader, query) = (Reader::open(journal)?, Query::new().action("DetectorFinding"));
    let page = Search::new(&reader, &query).order(Order::OldestFirst).page()?;
    Ok(page.matches.into_iter().map(|found| found.record).collect())
}

/// Goes back from the alert to the login that it is about, and to what the account has done.
fn look_back(screen: &mut Screen, alerts: &[Alert], journal: &Path) -> Result<(), Failure> {
    let reader = Reader::open(journal)?;
    let critical = alerts.iter().find(|it| it.rule.as_deref() == Some("compromise_ip"));
    let seq = *critical.and_then(|alert| alert.records.last()).ok_or("no alert names a login")?;
    let story = Story::find(&reader, &StoryOf::Seq(seq))?;
    let id = story.correlation_id.as_deref().unwrap_or_default();
    screen.say(&format!("\nThe critical alert names record {seq}. Its story, {id}:\n"))?;
    story.told.iter().try_for_each(|told| screen.record(&told.found.record, told.depth))?;

    let text = "actor=user:ada category!=access outcome!=failure last 1h";
    screen.say(&format!("\nWhat ada's account has done, asked as `{text}`:\n"))?;
    let query = Query::parse(text)?;
    let page = Search::new(&reader, &query).order(Order::OldestFirst).page()?;
    page.matches.iter().try_for_each(|found| screen.record(&found.record, 0))?;
    Ok(screen.say(&format!("  {}", page.scan))?)
}

/// Checks what was played and what it left; the answer is whether everything held.
fn check(
    (mut screen, stage, alerts): (Screen, Stage, Vec<Alert>),
    journal: &Path,
    directory: &Path,
) -> Result<bool, Failure> {
    screen.say("\nChecks\n")?;
    let what = format!("{} requests were answered as they should be", stage.requests);
    screen.check(&what, &stage.surprises)?;
    let wrong = checks::told(&findings(journal)?, &alerts);
    screen
        .check(&format!("{} findings, each recorded once and told once", alerts.len()), &wrong)?;
    let verification = verify(&DirectoryStorage::read_only(journal))?;
    let damage: Vec<_> = verification.findings.iter().map(|it| it.reason.clone()).collect();
    let what = format!("verify: the chain over {} records is unbroken", verification.records);
    screen.check(&what, &damage)?;
    let (shown, told) = (screen.shown.clone(), serde_json::to_string(&alerts)?);
    let leaks =
        checks::leaks(&stage.secrets, directory, [("this output", &shown), ("an alert", &told)])?;
    let what =
        format!("none of {} secrets is in a file, an alert or this output", stage.secrets.len());
    screen.check(&what, &leaks)?;
    screen.say(if screen.held { "\nEverything held." } else { "\nSomething did not hold." })?;
    Ok(screen.held)
}
