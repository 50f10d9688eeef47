//! `audited alerts`: what the alerts of a journal wait for, dead letters brought back, and test messages.

use std::io::Write;
use std::path::Path;

use audit_consumers::alert::{Channel, ChannelState, DeadLetter, Outbox, OutboxError};
use audit_runtime::Timestamp;
use serde::Serialize;

use crate::arguments::Alerts;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::terminal::{cell, escape};
use crate::watch;

const CHANNEL_WIDTH: usize = 20;
const COUNT_WIDTH: usize = 9;
/// Days and seconds; what comes after says nothing to a person.
const TIME_WIDTH: usize = 20;

#[derive(Serialize)]
struct Listing<'a> {
    channels: &'a [ChannelState],
    dead: &'a [DeadLetter],
}

pub(crate) fn run(arguments: &Alerts, out: &mut impl Write) -> Result<Exit, Failure> {
    if let Some(channel) = &arguments.test {
        let (journal, channels) = watch::settings(arguments.journal.as_deref())?;
        return test(&journal, channels, channel, arguments.json, out);
    }
    let journal = config::journal(arguments.journal.as_deref())?;
    let mut outbox = Outbox::open_existing(Outbox::beside(&journal)).map_err(undecided)?;
    if let Some(id) = &arguments.retry {
        return retry(&mut outbox, id, arguments.json, out);
    }
    let (channels, dead) = (outbox.channels(), outbox.dead_letters());
    let (channels, dead) = (channels.map_err(undecided)?, dead.map_err(undecided)?);
    if arguments.json {
        write_json(out, &Listing { channels: &channels, dead: &dead })?;
    } else {
        write_channels(out, &channels)?;
        write_dead(out, &dead)?;
    }
    Ok(if dead.is_empty() { Exit::Ok } else { Exit::Undecided })
}

/// Brings the dead letters of an alert back; whoever runs the workers sends them.
fn retry(outbox: &mut Outbox, id: &str, json: bool, out: &mut impl Write) -> Result<Exit, Failure> {
    let count = outbox.retry(id).map_err(undecided)?;
    if json {
        write_json(out, &serde_json::json!({ "alert": id, "retried": count }))?;
    } else if count > 0 {
        writeln!(out, "{}: {count} to be tried again", escape(id))?;
    }
    if count == 0 {
        let message = format!("no dead letter has the id {id:?}; `audited alerts` lists them");
        return Err(Failure::Undecided(message));
    }
    Ok(Exit::Ok)
}

/// Sends a test message through the outbox of the journal, as an alert goes.
fn test(
    journal: &Path,
    channels: Vec<Channel>,
    name: &str,
    json: bool,
    out: &mut impl Write,
) -> Result<Exit, Failure> {
    let known: Vec<String> = channels.iter().map(|channel| channel.name.clone()).collect();
    let channel = channels.into_iter().find(|channel| channel.name == name);
    let channel = channel.ok_or_else(|| {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = format!("there is no channel {name:?} in audited.toml; there are: {known}");
        Failure::Usage(message)
    })?;
    // No channel is named, so nothing is taken from any.
    let mut outbox = Outbox::of_journal(journal, &[]).map_err(undecided)?;
    let sent = outbox.send_test(channel).map_err(undecided)?;
    let error = sent.as_ref().err();
    if json {
        let told =
            serde_json::json!({ "channel": name, "delivered": sent.is_ok(), "error": error });
        write_json(out, &told)?;
    } else if sent.is_ok() {
        writeln!(out, "{}: delivered", escape(name))?;
    }
    match sent {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => Err(Failure::Undecided(format!("{name}: not delivered: {error}"))),
    }
}

fn write_channels(out: &mut impl Write, channels: &[ChannelState]) -> Result<(), Failure> {
    if channels.is_empty() {
        writeln!(out, "no channel has had an alert yet")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:CHANNEL_WIDTH$} {:>COUNT_WIDTH$} {:>COUNT_WIDTH$} {:>COUNT_WIDTH$}  {:TIME_WIDTH$} what \
         keeps it waiting",
        "channel", "waiting", "delivered", "dead", "last delivered"
    )?;
    for channel in channels {
        let name = cell(&channel.channel, CHANNEL_WIDTH);
        let last = channel.last_delivered.map_or_else(|| "-".to_owned(), seconds);
        let error = channel.error.as_deref().unwrap_or("-");
        writeln!(
            out,
            "{name} {:>COUNT_WIDTH$} {:>COUNT_WIDTH$} {:>COUNT_WIDTH$}  {last:TIME_WIDTH$} {}",
            channel.waiting,
            channel.delivered,
            channel.dead,
            escape(error)
        )?;
    }
    Ok(())
}

fn write_dead(out: &mut impl Write, dead: &[DeadLetter]) -> Result<(), Failure> {
    if dead.is_empty() {
        return Ok(());
    }
    writeln!(out, "\ndead letters; `audited alerts --retry ID` has one tried again:")?;
    for letter in dead {
        let heir = letter.escalated_to.as_deref().map_or_else(
            || "handed to nobody".to_owned(),
            |heir| format!("handed to {}", escape(heir)),
        );
        writeln!(out, "{}", escape(&letter.alert))?;
        writeln!(
            out,
            "  {} {} {}: {}",
            seconds(letter.at),
            letter.severity.as_str(),
            escape(&letter.channel),
            escape(&letter.headline())
        )?;
        writeln!(out, "  {} tries, {heir}: {}", letter.tries, escape(&letter.error))?;
    }
    Ok(())
}

fn seconds(time: Timestamp) -> String {
    let text = time.to_string();
    text.split_once('.').map_or_else(|| text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

fn write_json(out: &mut impl Write, value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(value)
        .map_err(|error| Failure::Undecided(format!("cannot write JSON: {error}")))?;
    writeln!(out, "{json}")?;
    Ok(())
}

fn undecided(error: OutboxError) -> Failure {
    Failure::Undecided(error.to_string())
}
