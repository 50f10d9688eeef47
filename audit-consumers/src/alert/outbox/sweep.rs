//! Removes what is long over: deliveries and texts first, the ids of alerts much later.

use rusqlite::params;

use super::{Outbox, OutboxError};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// How long a delivery is kept once it has come to its end, and the text of its alert with it.
pub(crate) const KEPT_MS: i64 = 30 * DAY_MS;

/// How long the id of an alert is kept, so that the same alert is not taken again.
pub(crate) const ID_KEPT_MS: i64 = 400 * DAY_MS;

impl Outbox {
    /// Removes what is over for longer than it is kept. What waits stays, however old it is.
    pub(crate) fn sweep(&mut self, now_ms: i64) -> Result<(), OutboxError> {
        self.transact(|transaction| {
            let (old, ancient) = (now_ms - KEPT_MS, now_ms - ID_KEPT_MS);
            transaction.execute(
                "DELETE FROM deliveries WHERE state <> 'waiting' AND ended_at < ?1",
                params![old],
            )?;
            transaction.execute(
                "UPDATE alerts SET alert = NULL WHERE taken_at < ?1 AND alert IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.alert = alerts.id)",
                params![old],
            )?;
            transaction.execute(
                "DELETE FROM alerts WHERE taken_at < ?1 \
                 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE deliveries.alert = alerts.id)",
                params![ancient],
            )?;
            Ok(())
        })
    }

    /// Removes a delivery with its alert, as if it had never been taken.
    pub(crate) fn forget(&mut self, alert: &str) -> Result<(), OutboxError> {
        self.transact(|transaction| {
            transaction.execute("DELETE FROM deliveries WHERE alert = ?1", [alert])?;
            transaction.execute("DELETE FROM alerts WHERE id = ?1", [alert])?;
            Ok(())
        })
    }
}
