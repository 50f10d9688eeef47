//! Claims what a channel shall send next, so that no other worker sends it meanwhile.

use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Outbox, OutboxError, kept_error};
use crate::alert::message::{DIGEST_MAX, digest_id};
use crate::alert::{Alert, Message, retry};

/// No lease is longer; what seems so was made by a wrong clock.
const LEASE_MS_MAX: i64 = 60 * 60 * 1_000;

/// Critical alerts that are new come first, then what has been due for the longest.
const FIRST: &str = "
SELECT alert, digest FROM deliveries
WHERE channel = ?1 AND state = 'waiting'
    AND (due_at <= ?2 OR due_at > ?2 + ?3)
    AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?2 + ?4)
ORDER BY (severity >= 5 AND tries = 0) DESC, due_at, alert LIMIT 1";

/// What else is due and in no message yet, in the same order.
const REST: &str = "
SELECT alert FROM deliveries
WHERE channel = ?1 AND state = 'waiting' AND digest IS NULL
    AND (due_at <= ?2 OR due_at > ?2 + ?3)
    AND (leased_until IS NULL OR leased_until <= ?2 OR leased_until > ?2 + ?4)
ORDER BY (severity >= 5 AND tries = 0) DESC, due_at, alert LIMIT ?5";

const LOAD: &str = "
SELECT alerts.alert, tries, first_try_at, escalated_from
FROM deliveries JOIN alerts ON alerts.id = deliveries.alert
WHERE deliveries.alert = ?1 AND channel = ?2";

/// A message that nobody else sends until it is settled or the lease ends.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) channel: String,
    pub(crate) lease: i64,
    pub(crate) message: Message,
    pub(crate) rows: Vec<Row>,
}

/// One delivery of a claim, with its tries including the one that begins now.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) alert: String,
    pub(crate) tries: u32,
    pub(crate) first_try_ms: i64,
}

impl Outbox {
    /// Claims the next alert that is due at `now_ms`; all of them, up to a digest, if `all`.
    pub(crate) fn claim(
        &mut self,
        channel: &str,
        all: bool,
        now_ms: i64,
        lease_ms: i64,
    ) -> Result<Option<Claim>, OutboxError> {
        self.transact(|transaction| {
            let values = params![channel, now_ms, retry::DUE_MS_MAX, LEASE_MS_MAX];
            let first = transaction.prepare_cached(FIRST)?.query_row(values, |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?))
            });
            let Some((first, digest)) = first.optional()? else { return Ok(None) };
            let ids = match digest {
                Some(digest) if !digest.is_empty() => members(transaction, channel, &digest)?,
                None if all => due(transaction, channel, now_ms)?,
                _ => vec![first],
            };
            lease(transaction, channel, &ids, now_ms, lease_ms)
        })
    }

    /// Claims this one alert, if it waits and nobody else has it.
    pub(crate) fn claim_one(
        &mut self,
        channel: &str,
        alert: &str,
        now_ms: i64,
        lease_ms: i64,
    ) -> Result<Option<Claim>, OutboxError> {
        self.transact(|transaction| {
            let query = "SELECT 1 FROM deliveries WHERE alert = ?1 AND channel = ?2 \
                         AND state = 'waiting' AND (leased_until IS NULL OR leased_until <= ?3)";
            let is_free = transaction.query_row(query, params![alert, channel, now_ms], |_| Ok(()));
            if is_free.optional()?.is_none() {
                return Ok(None);
            }
            lease(transaction, channel, &[alert.to_owned()], now_ms, lease_ms)
        })
    }

    /// When the next delivery of a channel is due or free again; `None` if none waits.
    pub(crate) fn next_due(&self, channel: &str) -> Result<Option<i64>, OutboxError> {
        let query = "SELECT min(max(due_at, coalesce(leased_until, 0))) FROM deliveries \
                     WHERE channel = ?1 AND state = 'waiting'";
        let due = self.connection.prepare_cached(query).and_then(|mut statement| {
            statement.query_row([channel], |row| row.get::<_, Option<i64>>(0))
        });
        due.map_err(self.failed())
    }
}

/// The alerts of a digest that was made before: it is sent again as it was.
fn members(
    transaction: &Transaction<'_>,
    channel: &str,
    digest: &str,
) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT alert FROM deliveries WHERE channel = ?1 AND state = 'waiting' \
                 AND digest = ?2 ORDER BY alert";
    let mut statement = transaction.prepare_cached(query)?;
    statement.query_map([channel, digest], |row| row.get(0))?.collect()
}

fn due(transaction: &Transaction<'_>, channel: &str, now_ms: i64) -> rusqlite::Result<Vec<String>> {
    let mut statement = transaction.prepare_cached(REST)?;
    let values = params![channel, now_ms, retry::DUE_MS_MAX, LEASE_MS_MAX, DIGEST_MAX as i64];
    statement.query_map(values, |row| row.get(0))?.collect()
}

/// Leases the deliveries and makes their message; what cannot be read ends as a dead letter.
fn lease(
    transaction: &Transaction<'_>,
    channel: &str,
    ids: &[String],
    now_ms: i64,
    lease_ms: i64,
) -> rusqlite::Result<Option<Claim>> {
    let mut alerts = Vec::with_capacity(ids.len());
    let mut rows = Vec::with_capacity(ids.len());
    let mut handed_from = Vec::new();
    for id in ids {
        let (json, tries, first_try, from): (Option<String>, u32, Option<i64>, Option<String>) =
            transaction.prepare_cached(LOAD)?.query_row([id.as_str(), channel], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        let Ok(alert) = serde_json::from_str::<Alert>(&json.unwrap_or_default()) else {
            bury_unreadable(transaction, channel, id, now_ms)?;
            continue;
        };
        alerts.push(alert);
        handed_from.push(from);
        let first_try_ms = first_try.unwrap_or(now_ms);
        rows.push(Row { alert: id.clone(), tries: tries.saturating_add(1), first_try_ms });
    }
    if alerts.is_empty() {
        return Ok(None);
    }
    // What was sent alone stays alone: it may have arrived, and its copies carry the same id.
    let digest = match rows.as_slice() {
        [_] => String::new(),
        several => digest_id(several.iter().map(|row| row.alert.as_str())),
    };
    let lease = (retry::random() >> 1) as i64;
    let statement = "UPDATE deliveries SET tries = ?3, first_try_at = ?4, lease = ?5, \
                     leased_until = ?6, digest = ?7 \
                     WHERE alert = ?1 AND channel = ?2";
    for row in &rows {
        let until = now_ms.saturating_add(lease_ms);
        let values = params![row.alert, channel, row.tries, row.first_try_ms, lease, until, digest];
        transaction.prepare_cached(statement)?.execute(values)?;
    }
    let mut message = Message::digest(alerts);
    message.escalated_from = handed_from
        .pop()
        .flatten()
        .filter(|from| handed_from.iter().all(|other| other.as_ref() == Some(from)));
    Ok(Some(Claim { channel: channel.to_owned(), lease, message, rows }))
}

fn bury_unreadable(
    transaction: &Transaction<'_>,
    channel: &str,
    alert: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let statement = "UPDATE deliveries SET state = 'dead', ended_at = ?3, error = ?4 \
                     WHERE alert = ?1 AND channel = ?2";
    let error = kept_error("the alert in the outbox cannot be read");
    transaction.execute(statement, params![alert, channel, now_ms, error])?;
    Ok(())
}
