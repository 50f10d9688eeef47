//! Which records somebody must be told of, and what they are told.

use audit_runtime::control::{Drill, Finding};
use audit_runtime::{Category, Digest, Record, Severity, Timestamp};
use serde_json::{Map, Value};

use crate::alert::Alert;

/// The alert that a record of the journal `origin` is worth, if it is worth one.
///
/// These are: what a detector has found, what a program has raised by hand, every security signal of
/// high severity, and what the journal says of its own losses.
pub(super) fn alert(record: &Record, origin: &str) -> Option<Alert> {
    let mut alert = match (record.category.known(), record.action.as_str()) {
        (Some(Category::Security), Finding::ACTION) => found(record),
        (Some(Category::Security), "AlertRaised") => raised(record),
        (Some(Category::Security), _) if severity(record) >= Severity::High => signal(record),
        (Some(Category::Journal), _) => of_the_journal(record)?,
        _ => return None,
    };
    alert.journal = Some(origin.to_owned());
    alert.drill = text(&record.extras, Drill::MARK);
    Some(alert)
}

/// The id of the alert of a finding.
///
/// It is made of all that decides whom the alert reaches. So whoever may have findings recorded cannot
/// take the id of one to come with a finding that nobody is told.
pub fn alert_id(finding: &str, rule: &str, severity: u8) -> String {
    let severity = severity.to_string();
    Digest::of([finding, rule, &severity].join("\n").as_bytes()).to_string()
}

/// The alert of trouble with the pipeline itself, whether or not that could be recorded.
pub(super) fn trouble(
    finding: &Finding,
    time: Timestamp,
    origin: &str,
    is_recorded: bool,
) -> Alert {
    let id = alert_id(finding.id.as_deref().unwrap_or_default(), &finding.rule, finding.severity);
    let title = finding.title.as_ref().unwrap_or(&finding.rule);
    let mut alert = Alert::new(id, title, severity_of(finding.severity), time);
    alert.rule = Some(finding.rule.clone());
    alert.key = Some(finding.key.clone());
    alert.remediation.clone_from(&finding.remediation);
    alert.journal = Some(origin.to_owned());
    let alert = finding.note.iter().fold(alert, |alert, note| alert.sentence(note));
    if is_recorded {
        return alert;
    }
    alert.sentence("This could not be recorded in the journal when it was found; it is tried again for as long as the watch runs.")
}

fn found(record: &Record) -> Alert {
    let said = &record.arguments;
    let rule = text(said, "rule").unwrap_or_default();
    let id = text(said, "id").unwrap_or_else(|| record.id.to_string());
    let id = alert_id(&id, &rule, record.severity);
    let title = text(said, "title").unwrap_or_else(|| rule.clone());
    let mut alert = Alert::new(id, title, severity(record), record.time);
    alert.rule = Some(rule);
    alert.key = text(said, "key");
    alert.count = said.get("count").and_then(Value::as_u64);
    alert.first = time(said, "first");
    alert.last = time(said, "last");
    alert.addresses = texts(said, "addresses");
    alert.remediation = texts(said, "remediation");
    alert.records = said
        .get("records")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |seqs| seqs.iter().filter_map(Value::as_u64).collect());
    text(said, "note").iter().fold(alert, |alert, note| alert.sentence(note))
}

fn raised(record: &Record) -> Alert {
    let title = record.description.clone().unwrap_or_else(|| record.action.clone());
    let mut alert = Alert::new(record.id.to_string(), title, severity(record), record.time);
    alert.remediation = texts(&record.arguments, "remediation");
    about(alert, record)
}

fn signal(record: &Record) -> Alert {
    let title = format!("Security signal: {}", record.action);
    let alert = Alert::new(record.id.to_string(), title, severity(record), record.time);
    let alert = about(alert, record);
    record.description.iter().fold(alert, |alert, sentence| alert.sentence(sentence))
}

/// What the journal says about itself, where that is a reason to look.
fn of_the_journal(record: &Record) -> Option<Alert> {
    let unclean = || record.journal.as_ref()?.get("unclean")?.as_bool();
    let epoch = || record.journal.as_ref()?.get("epoch");
    let (title, severity, remedy) = match record.action.as_str() {
        "JournalLost" => (
            "Audit records were lost",
            Severity::High,
            "Look at the service's health and its disk; the record says how many events were not recorded.",
        ),
        "JournalFull" => (
            "The audit journal has no room on its disk",
            Severity::High,
            "Make room on the disk; recording goes on by itself.",
        ),
        "JournalResumed" => (
            "Audit records were missed while the disk did not take them",
            Severity::High,
            "The record says how many, and since when; look at the disk.",
        ),
        "JournalRecovered" => (
            "The end of the audit journal was torn and was set aside",
            Severity::Medium,
            "Look for the cause of the crash; the bytes lie in the journal's `quarantine`.",
        ),
        "JournalClock" => (
            "The clock of the audit journal's machine has jumped",
            Severity::Medium,
            "Check the time service of the machine, and who has set the clock.",
        ),
        "JournalStart" if unclean() == Some(true) => (
            "The service that writes the audit journal was not stopped in order",
            Severity::Medium,
            "Find out what has ended it: a crash, a kill, or power.",
        ),
        "JournalSegment" if epoch().is_some() => (
            "The audit journal was set aside, and a new epoch has begun",
            Severity::High,
            "Run `audited doctor`: it says why, and which places were damaged.",
        ),
        _ => return None,
    };
    let alert = Alert::new(record.id.to_string(), title, severity, record.time).remedy(remedy);
    let told = record.journal.as_ref().unwrap_or(&record.arguments);
    let figures = ["lost", "unrecorded", "since", "cause", "bytes"];
    let known = figures.into_iter().filter_map(|name| Some((name, told.get(name)?)));
    let alert = known.fold(alert, |alert, (name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        alert.detail(name, text)
    });
    Some(about(alert, record))
}

/// Who, to what, from where, and which record says so.
fn about(mut alert: Alert, record: &Record) -> Alert {
    alert.records = vec![record.seq];
    let actor =
        record.actor.as_ref().and_then(|actor| actor.id.as_deref().or(actor.name.as_deref()));
    let target = record.targets.first().map(|target| format!("{}:{}", target.kind, target.id));
    let details = [
        ("action", Some(record.action.as_str())),
        ("actor", actor),
        ("target", target.as_deref()),
        ("correlation", record.correlation_id.as_deref()),
    ];
    alert.addresses = record.origin.iter().filter_map(|origin| origin.ip.clone()).collect();
    let known = details.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.fold(alert, |alert, (name, value)| alert.detail(name, value))
}

fn severity(record: &Record) -> Severity {
    severity_of(record.severity)
}

/// The severity of a number; what no version of ours has written counts as grave.
fn severity_of(number: u8) -> Severity {
    Severity::from_number(number).unwrap_or(Severity::Fatal)
}

fn text(said: &Map<String, Value>, name: &str) -> Option<String> {
    Some(said.get(name)?.as_str()?.to_owned())
}

fn texts(said: &Map<String, Value>, name: &str) -> Vec<String> {
    let list = said.get(name).and_then(Value::as_array);
    let texts = list.into_iter().flatten().filter_map(Value::as_str);
    texts.map(str::to_owned).collect()
}

fn time(said: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    Timestamp::parse(said.get(name)?.as_str()?)
}
