//! Writes down how a try went: delivered, to be tried again, or dead and handed to the next channel.

use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::claim::Row;
use super::{Claim, DeliveryState, Outbox, OutboxError, kept_error};
use crate::alert::channel::Route;
use crate::alert::{DeliveryError, retry, times};

const UNKNOWN_CHANNEL: &str = "the channel is not among the configured ones any more";

/// How a try went.
pub(crate) type Outcome = Result<(), DeliveryError>;

impl Outbox {
    /// Writes down how the try of a claim went.
    ///
    /// A success counts even if the lease has ended meanwhile; a failure does not, because another try
    /// may be on its way.
    pub(crate) fn settle(
        &mut self,
        claim: &Claim,
        outcome: &Outcome,
        now_ms: i64,
    ) -> Result<(), OutboxError> {
        let routes = Arc::clone(&self.routes);
        self.transact(|transaction| match outcome {
            Ok(()) => mark_delivered(transaction, claim, now_ms),
            Err(error) if !error.retry && claim.rows.len() > 1 => part(transaction, claim, now_ms),
            Err(error) => fail(transaction, claim, error, &routes, now_ms),
        })?;
        // What was handed to another channel, or is to be sent alone, is due.
        if outcome.is_err() {
            self.bell.ring();
        }
        Ok(())
    }

    /// Makes dead letters of what waits for channels that are not there any more.
    pub(super) fn hand_over_from_unknown_channels(&mut self) -> Result<(), OutboxError> {
        let routes = Arc::clone(&self.routes);
        if routes.is_empty() {
            return Ok(());
        }
        let now_ms = times::now_ms();
        self.transact(|transaction| {
            for (alert, channel) in waiting(transaction)? {
                if routes.iter().all(|route| route.channel != channel) {
                    bury(transaction, &alert, &channel, UNKNOWN_CHANNEL, &routes, now_ms)?;
                }
            }
            Ok(())
        })
    }
}

fn mark_delivered(
    transaction: &Transaction<'_>,
    claim: &Claim,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let statement = "UPDATE deliveries SET state = 'delivered', ended_at = ?3, lease = NULL, \
                     leased_until = NULL, error = NULL \
                     WHERE alert = ?1 AND channel = ?2 AND state <> 'delivered'";
    for row in &claim.rows {
        let values = params![row.alert, claim.channel, now_ms];
        transaction.prepare_cached(statement)?.execute(values)?;
    }
    Ok(())
}

/// A digest that was refused for good is sent again as single messages: one alert in it may be at
/// fault, and the others are not.
fn part(transaction: &Transaction<'_>, claim: &Claim, now_ms: i64) -> rusqlite::Result<()> {
    let statement = "UPDATE deliveries SET digest = '', due_at = ?4, lease = NULL, \
                     leased_until = NULL WHERE alert = ?1 AND channel = ?2 AND lease = ?3";
    for row in &claim.rows {
        let values = params![row.alert, claim.channel, claim.lease, now_ms];
        transaction.prepare_cached(statement)?.execute(values)?;
    }
    Ok(())
}

fn fail(
    transaction: &Transaction<'_>,
    claim: &Claim,
    error: &DeliveryError,
    routes: &[Route],
    now_ms: i64,
) -> rusqlite::Result<()> {
    let tries = claim.rows.iter().map(|row| row.tries).max().unwrap_or(1);
    let wait = retry::wait(tries, retry::random(), error.after);
    // One time for all, so that a digest stays together.
    let due_ms = now_ms.saturating_add(times::span_ms(wait));
    for row in &claim.rows {
        if !holds_lease(transaction, claim, row)? {
            continue;
        }
        if !error.retry || retry::is_over(row.first_try_ms, now_ms, row.tries) {
            bury(transaction, &row.alert, &claim.channel, &error.message, routes, now_ms)?;
            continue;
        }
        let statement = "UPDATE deliveries SET due_at = ?3, error = ?4, lease = NULL, \
                         leased_until = NULL WHERE alert = ?1 AND channel = ?2";
        let values = params![row.alert, claim.channel, due_ms, kept_error(&error.message)];
        transaction.prepare_cached(statement)?.execute(values)?;
    }
    Ok(())
}

fn holds_lease(transaction: &Transaction<'_>, claim: &Claim, row: &Row) -> rusqlite::Result<bool> {
    let query = "SELECT 1 FROM deliveries WHERE alert = ?1 AND channel = ?2 AND lease = ?3 \
                 AND state = 'waiting'";
    let values = params![row.alert, claim.channel, claim.lease];
    let found = transaction.prepare_cached(query)?.query_row(values, |_| Ok(()));
    Ok(found.optional()?.is_some())
}

/// Ends a delivery as a dead letter, and hands the alert to the next channel in the same transaction.
fn bury(
    transaction: &Transaction<'_>,
    alert: &str,
    channel: &str,
    error: &str,
    routes: &[Route],
    now_ms: i64,
) -> rusqlite::Result<()> {
    let heir = escalate(transaction, alert, channel, routes, now_ms)?;
    let statement = "UPDATE deliveries SET state = 'dead', ended_at = ?3, error = ?4, \
                     escalated_to = ?5, lease = NULL, leased_until = NULL, reported = 0 \
                     WHERE alert = ?1 AND channel = ?2";
    let values = params![alert, channel, now_ms, kept_error(error), heir];
    transaction.prepare_cached(statement)?.execute(values)?;
    Ok(())
}

/// The channel that delivers instead: the first along the chain where this alert is not dead, too.
fn escalate(
    transaction: &Transaction<'_>,
    alert: &str,
    channel: &str,
    routes: &[Route],
    now_ms: i64,
) -> rusqlite::Result<Option<String>> {
    let mut passed = vec![channel];
    while let Some(next) = passed.last().and_then(|from| next_channel(routes, from)) {
        if passed.contains(&next) {
            break;
        }
        let insert = "INSERT INTO deliveries (alert, channel, state, severity, due_at, \
                      escalated_from) SELECT id, ?2, 'waiting', severity, ?3, ?4 FROM alerts \
                      WHERE id = ?1 ON CONFLICT (alert, channel) DO NOTHING";
        transaction.execute(insert, params![alert, next, now_ms, channel])?;
        let query = "SELECT state FROM deliveries WHERE alert = ?1 AND channel = ?2";
        let state: Option<DeliveryState> =
            transaction.query_row(query, [alert, next], |row| row.get(0)).optional()?;
        if state != Some(DeliveryState::Dead) {
            return Ok(Some(next.to_owned()));
        }
        passed.push(next);
    }
    Ok(None)
}

/// The channel that the settings name, else the next in order, and after the last the first.
fn next_channel<'a>(routes: &'a [Route], from: &str) -> Option<&'a str> {
    let at = routes.iter().position(|route| route.channel == from);
    let named = at.and_then(|at| routes[at].escalates_to.as_deref());
    let is_known = |name: &&str| routes.iter().any(|route| route.channel == *name);
    let next = || routes.get(at.map_or(0, |at| (at + 1) % routes.len()));
    named.filter(is_known).or_else(|| next().map(|route| route.channel.as_str()))
}

/// Every delivery that waits, with its channel.
fn waiting(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<(String, String)>> {
    let query = "SELECT alert, channel FROM deliveries WHERE state = 'waiting'";
    let mut statement = transaction.prepare(query)?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}
