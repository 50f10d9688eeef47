//! `audited retain`: removes what is older than the settings keep it, or says what would go and what keeps the rest.

mod plan;
mod print;

use std::io::Write;
use std::path::Path;

use audit_runtime::control::{Error, Prune, Pruned, ask_or, prune_alone};
use audit_runtime::{Config, Record, Timestamp};

use crate::arguments::Retain;
use crate::config;
use crate::failure::{self, Exit, Failure};
use crate::reading;
use plan::{Plan, Planner, Policy};

/// Twelve months, as a service has them without a setting.
const DAYS_MIN: u32 = 365;

/// The longest reason in a record.
const REASON_BYTES_MAX: usize = 512;

const NO_POLICY: &str = "\
nothing says how long records are kept: write in audited.toml under [retention] `default_days = 730`, and \
`CLASS = DAYS` for classes such as access or authentication";

pub(crate) fn run(arguments: &Retain, out: &mut impl Write) -> Result<Exit, Failure> {
    let journal = config::journal(arguments.journal.as_deref())?;
    if reading::current(&journal).is_some() {
        return Err(Failure::Usage(format!(
            "{} is an older epoch of a journal, which is kept whole: name the journal's own directory",
            journal.display()
        )));
    }
    let policy = policy(&config::settings(&journal)?);
    let policy = policy.ok_or_else(|| Failure::Usage(NO_POLICY.to_owned()))?;
    let plan = plan(&journal, &policy)?;
    let outcome = match plan.before_seq() {
        None => None,
        Some(before_seq) => carry_out(&journal, before_seq, &policy, arguments.dry_run)?,
    };
    print::print(arguments, &journal, &policy, &plan, outcome.as_ref(), out)?;
    Ok(Exit::Ok)
}

/// What the settings say, if they say how long anything is kept.
fn policy(settings: &Config) -> Option<Policy> {
    let default_days = settings.retention_default_days();
    let days = settings.retention_days().map(|(class, days)| (class.to_owned(), days));
    let classes: std::collections::BTreeMap<_, _> = days.collect();
    let days_min = settings.retention_days_min().unwrap_or(DAYS_MIN);
    let is_said = default_days.is_some() || !classes.is_empty();
    is_said.then_some(Policy { default_days, classes, days_min })
}

/// Reads the journal and plans from it. Damage ends that, and nothing is removed.
fn plan(journal: &Path, policy: &Policy) -> Result<Plan, Failure> {
    let reader = config::reader(journal)?;
    let mut planner = Planner::new(policy);
    let mut cursor = reader.cursor(reader.first_seq()?)?;
    while let Some(line) = cursor.next()? {
        planner.see(line.seq(), line.observed(), Record::parse(&line).ok().as_ref());
    }
    Ok(planner.plan(Timestamp::now()))
}

/// Lets the service prune, or does so alone where none runs. Of a dry run the service is asked what it
/// would do, as its own settings hold.
fn carry_out(
    journal: &Path,
    before_seq: u64,
    policy: &Policy,
    is_dry_run: bool,
) -> Result<Option<Pruned>, Failure> {
    let prune = Prune::before(before_seq, reason(policy));
    let prune = if is_dry_run { prune.dry_run() } else { prune };
    let alone = || prune_alone(journal, &prune, policy.days_min).map(Some);
    let nobody = || Ok(None);
    let asked = if is_dry_run {
        ask_or(journal, reading::DEADLINE, |service| service.prune(&prune).map(Some), nobody)
    } else {
        ask_or(journal, reading::DEADLINE, |service| service.prune(&prune).map(Some), alone)
    };
    match asked {
        // Whoever may read the journal may ask for the plan.
        Err(error) if is_dry_run && is_unasked(&error) => {
            failure::warn(&format!("the service was not asked what it would do: {error}"));
            Ok(None)
        }
        Err(error) => Err(Failure::Undecided(error.to_string())),
        Ok(pruned) => Ok(pruned),
    }
}

fn is_unasked(error: &Error) -> bool {
    match error {
        Error::Unreached { .. } => true,
        Error::Refused { code, .. } => code == "not_allowed",
        _ => false,
    }
}

/// The settings in words, for the record.
fn reason(policy: &Policy) -> String {
    let default = match policy.default_days {
        Some(days) => format!("default {days} days"),
        None => "default for ever".to_owned(),
    };
    let classes = policy.classes.iter().map(|(class, days)| format!("{class} {days} days"));
    let said: Vec<String> = std::iter::once(default).chain(classes).collect();
    // The names of classes are ASCII.
    let mut said = format!("audited retain: {}", said.join(", "));
    said.truncate(REASON_BYTES_MAX);
    said
}
