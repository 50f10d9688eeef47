//! What is in an outbox, for those who look after it; and dead letters brought back.

use audit_runtime::{Severity, Timestamp};
use rusqlite::{Row, params};
use serde::Serialize;

use super::{DeliveryState, Outbox, OutboxError};
use crate::alert::text::{self, DRILL};
use crate::alert::{Alert, times, words};

/// How many dead letters are listed at once.
const DEAD_MAX: u32 = 1_000;

/// How a channel fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChannelState {
    /// The channel's name.
    pub channel: String,
    /// How many alerts wait for it.
    pub waiting: u32,
    /// How many it has delivered, as far as that is kept.
    pub delivered: u32,
    /// How many it could not deliver, as far as that is kept.
    pub dead: u32,
    /// When the oldest alert that waits was taken over.
    #[serde(with = "words::optional_time")]
    pub waiting_since: Option<Timestamp>,
    /// When it delivered the last time.
    #[serde(with = "words::optional_time")]
    pub last_delivered: Option<Timestamp>,
    /// What keeps the alert waiting that has been tried most often.
    pub error: Option<String>,
}

/// An alert that a channel could not deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// The alert's id.
    pub alert: String,
    /// Its title; empty if the alert cannot be read.
    pub title: String,
    /// How much it matters.
    #[serde(with = "words::severity")]
    pub severity: Severity,
    /// The channel that could not deliver it.
    pub channel: String,
    /// When that channel gave up.
    #[serde(with = "words::time")]
    pub at: Timestamp,
    /// How often it tried.
    pub tries: u32,
    /// Why it gave up.
    pub error: String,
    /// The channel that the alert was handed to; `None` if there was no other.
    pub escalated_to: Option<String>,
    /// The drill that the alert belongs to, if nobody has attacked anything.
    pub drill: Option<String>,
}

impl DeadLetter {
    /// The title, behind `[DRILL]` if it belongs to one; nothing else says that it does. Escape it where it
    /// is shown.
    pub fn headline(&self) -> String {
        let title = text::unmarked(self.title.clone());
        if self.drill.is_some() { format!("{DRILL} {title}") } else { title }
    }
}

/// How far one alert has come on one channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The channel's name.
    pub channel: String,
    /// Whether it waits, is there, or was given up.
    pub state: DeliveryState,
    /// How often it was tried.
    pub tries: u32,
    /// When it was delivered.
    #[serde(with = "words::optional_time")]
    pub delivered_at: Option<Timestamp>,
    /// What went wrong the last time.
    pub error: Option<String>,
}

impl Outbox {
    /// How each channel fares that ever had an alert.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn channels(&self) -> Result<Vec<ChannelState>, OutboxError> {
        let query = "
            SELECT channel,
                count(*) FILTER (WHERE state = 'waiting'),
                count(*) FILTER (WHERE state = 'delivered'),
                count(*) FILTER (WHERE state = 'dead'),
                min(taken_at) FILTER (WHERE state = 'waiting'),
                max(ended_at) FILTER (WHERE state = 'delivered'),
                (SELECT error FROM deliveries AS worst WHERE worst.channel = deliveries.channel
                    AND worst.state = 'waiting' ORDER BY tries DESC LIMIT 1)
            FROM deliveries JOIN alerts ON alerts.id = deliveries.alert
            GROUP BY channel ORDER BY channel";
        self.rows(query, [], |row| {
            Ok(ChannelState {
                channel: row.get(0)?,
                waiting: row.get(1)?,
                delivered: row.get(2)?,
                dead: row.get(3)?,
                waiting_since: row.get::<_, Option<i64>>(4)?.map(times::time),
                last_delivered: row.get::<_, Option<i64>>(5)?.map(times::time),
                error: row.get(6)?,
            })
        })
    }

    /// The dead letters, the newest first, up to a thousand.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, OutboxError> {
        self.dead_where("state = 'dead'")
    }

    /// The dead letters that were not yet passed to [`reported`](Self::reported): what a record should be
    /// made of.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn unreported(&self) -> Result<Vec<DeadLetter>, OutboxError> {
        self.dead_where("state = 'dead' AND reported = 0")
    }

    /// Keeps in mind that these dead letters are on record.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn reported(&mut self, letters: &[DeadLetter]) -> Result<(), OutboxError> {
        self.transact(|transaction| {
            let statement = "UPDATE deliveries SET reported = 1 \
                             WHERE alert = ?1 AND channel = ?2 AND ended_at = ?3";
            for letter in letters {
                let at_ms = times::ms(letter.at);
                let values = params![letter.alert, letter.channel, at_ms];
                transaction.prepare_cached(statement)?.execute(values)?;
            }
            Ok(())
        })
    }

    /// How far an alert has come on each channel; empty if it is not known or no channel wants it.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn deliveries(&self, alert: &str) -> Result<Vec<Delivery>, OutboxError> {
        let query = "SELECT channel, state, tries, ended_at, error FROM deliveries \
                     WHERE alert = ?1 ORDER BY channel";
        self.rows(query, [alert], |row| {
            let state: DeliveryState = row.get(1)?;
            let is_there = state == DeliveryState::Delivered;
            let ended = row.get::<_, Option<i64>>(3)?.filter(|_| is_there);
            Ok(Delivery {
                channel: row.get(0)?,
                state,
                tries: row.get(2)?,
                delivered_at: ended.map(times::time),
                error: row.get(4)?,
            })
        })
    }

    /// Has the dead letters of this alert tried again, from now on for as long as a new one. Returns how
    /// many there were.
    ///
    /// # Errors
    /// Fails when the database does.
    pub fn retry(&mut self, alert: &str) -> Result<usize, OutboxError> {
        let revived = self.transact(|transaction| {
            let statement = "UPDATE deliveries SET state = 'waiting', due_at = ?2, tries = 0, \
                             first_try_at = NULL, ended_at = NULL, error = NULL, digest = '', \
                             escalated_to = NULL, reported = 0 \
                             WHERE alert = ?1 AND state = 'dead'";
            transaction.execute(statement, params![alert, times::now_ms()])
        })?;
        self.bell.ring();
        Ok(revived)
    }

    fn dead_where(&self, condition: &str) -> Result<Vec<DeadLetter>, OutboxError> {
        let query = format!(
            "SELECT deliveries.alert, alerts.alert, deliveries.severity, channel, ended_at, tries, \
             error, escalated_to FROM deliveries JOIN alerts ON alerts.id = deliveries.alert \
             WHERE {condition} ORDER BY ended_at DESC, deliveries.alert LIMIT {DEAD_MAX}"
        );
        self.rows(&query, [], |row| {
            let json = row.get::<_, Option<String>>(1)?.unwrap_or_default();
            let alert = serde_json::from_str::<Alert>(&json).ok();
            let (title, drill) = alert.map(|alert| (alert.title, alert.drill)).unwrap_or_default();
            Ok(DeadLetter {
                alert: row.get(0)?,
                title,
                drill,
                severity: Severity::from_number(row.get(2)?).unwrap_or(Severity::Fatal),
                channel: row.get(3)?,
                at: times::time(row.get::<_, Option<i64>>(4)?.unwrap_or_default()),
                tries: row.get(5)?,
                error: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
                escalated_to: row.get(7)?,
            })
        })
    }

    fn rows<T>(
        &self,
        query: &str,
        values: impl rusqlite::Params,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, OutboxError> {
        let prepared = self.connection.prepare_cached(query);
        let rows = prepared.and_then(|mut statement| {
            statement.query_map(values, |row| read(row))?.collect::<rusqlite::Result<Vec<T>>>()
        });
        rows.map_err(self.failed())
    }
}
