//! Captured inputs: each value is redacted and encoded where it is captured, within a cap.

use audit_journal::encode;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

use super::Scrubber;
use audit_redact::{HiddenPaths, Redact, Redaction};

/// The longest JSON of one captured value, in bytes.
const VALUE_BYTES_MAX: usize = 4096;
/// The longest JSON of all captured inputs of one event together, in bytes.
const INPUTS_BYTES_MAX: usize = 16_384;
/// The longest JSON of all its extras together.
const EXTRAS_BYTES_MAX: usize = 4096;
/// The longest name of a value.
const NAME_BYTES_MAX: usize = 128;

/// What a cut value, its quotes and its separators take beyond their caps.
const CUT_BYTES_MAX: usize = 32;

/// Room made for the first value, so that most events need no more.
const JSON_BYTES_USUAL: usize = 512;

/// Named values in their redacted form, encoded as the members of a JSON object.
#[derive(Clone, Debug)]
pub(crate) struct Arguments {
    kind: Kind,
    // Most events have none, and each of them is moved by whoever completes it.
    pushed: Option<Box<Pushed>>,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Inputs,
    Extras,
}

#[derive(Clone, Debug, Default)]
struct Pushed {
    json: Vec<u8>,
    hidden: HiddenPaths,
    scrubber: Scrubber,
    cut: bool,
}

impl Arguments {
    /// Room for an action's inputs.
    pub(crate) fn inputs() -> Self {
        Self { kind: Kind::Inputs, pushed: None }
    }

    /// Room for extras.
    pub(crate) fn extras() -> Self {
        Self { kind: Kind::Extras, pushed: None }
    }

    /// Redacts and keeps `value`. What does not fit is cut, and the event says so.
    pub(crate) fn push<T: Redact>(&mut self, name: &'static str, value: &T, how: Redaction<'_>) {
        let (bytes_max, part) = match self.kind {
            Kind::Inputs => (INPUTS_BYTES_MAX, "args"),
            Kind::Extras => (EXTRAS_BYTES_MAX, "ext"),
        };
        let Pushed { json, hidden, scrubber, cut } = &mut **self.pushed.get_or_insert_default();
        if json.is_empty() {
            json.reserve(JSON_BYTES_USUAL);
        }
        let left = bytes_max.saturating_sub(json.len() + NAME_BYTES_MAX + CUT_BYTES_MAX);
        if left == 0 {
            *cut = true;
            return;
        }
        if !json.is_empty() {
            json.push(b',');
        }
        *cut |= encode::text_capped(json, name, NAME_BYTES_MAX);
        json.push(b':');
        let (value, cap) = (value.redacted_with(how), left.min(VALUE_BYTES_MAX));
        let mut change = |text: &str| scrubber.change(part, name, text, cap);
        match encode::value_through(json, &value, cap, &mut change) {
            Ok(is_cut) => *cut |= is_cut,
            // The error's own text may quote the value, so only its fact is recorded.
            Err(_) => json.extend_from_slice(br#""[unserializable]""#),
        }
        hidden.part::<T>(name);
    }

    /// The JSON of a captured value, exactly as it will stand in the record.
    pub(super) fn json_of(&self, name: &str) -> Option<&[u8]> {
        let mut rest = self.members();
        loop {
            let key: String = serde_json::from_slice(take_value(&mut rest)?).ok()?;
            // A colon stands behind the key, and a comma behind the value.
            rest = rest.get(1..)?;
            let value = take_value(&mut rest)?;
            if key == name {
                return Some(value);
            }
            rest = rest.get(1..)?;
        }
    }

    /// The members of the JSON object, without braces.
    pub(super) fn members(&self) -> &[u8] {
        self.pushed.as_ref().map_or(&[], |pushed| &pushed.json)
    }

    /// The paths that were hidden.
    pub(super) fn hidden(&self) -> &[String] {
        self.pushed.as_ref().map_or(&[], |pushed| pushed.hidden.found())
    }

    /// What the guard caught in the values, if there are any.
    pub(super) fn scrubber(&self) -> Option<&Scrubber> {
        self.pushed.as_ref().map(|pushed| &pushed.scrubber)
    }

    /// True if a value was cut.
    pub(super) fn cut(&self) -> bool {
        self.pushed.as_ref().is_some_and(|pushed| pushed.cut)
    }
}

/// Splits one JSON value off the front of `json`.
pub(super) fn take_value<'a>(json: &mut &'a [u8]) -> Option<&'a [u8]> {
    let mut values = Deserializer::from_slice(json).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    let (value, rest) = json.split_at(values.byte_offset());
    *json = rest;
    Some(value)
}
