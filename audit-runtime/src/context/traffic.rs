//! How much went through a connection.

use crate::event::Arguments;
use audit_redact::Redaction;

/// What was counted, in both directions.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) sent: Counted,
    pub(crate) received: Counted,
}

/// Messages or parts of a body, and their bytes.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    items: u64,
    bytes: u64,
}

impl Counted {
    pub(crate) fn add(&mut self, bytes: usize) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

impl Traffic {
    /// Adds a field for each number.
    pub(super) fn write(&self, fields: &mut Arguments) {
        for (name, number) in [
            ("sent_items", self.sent.items),
            ("sent_bytes", self.sent.bytes),
            ("received_items", self.received.items),
            ("received_bytes", self.received.bytes),
        ] {
            fields.push(name, &number, Redaction::full());
        }
    }
}
