//! Detection: rules watch the stream of events and say what they find.
//!
//! [`Rules`] are read from JSON or are the built-in ones, an [`Engine`] applies them to one
//! [`Observed`] event after the other, and a [`Finding`] is what it says. The engine is exact, bounded
//! and deterministic: the same events give the same findings, however they are split into batches and
//! wherever it is stopped, saved and restored. `docs/detection.md` says what the rules mean.
//!
//! ```
//! use std::path::Path;
//!
//! use audit_consumers::detect::{Attempt, Detector, Engine, Rules, StateKey};
//!
//! let rules = r#"[{ "id": "bf_ip", "kind": "event_count", "by": ["ip"], "outcome": "failure", "n": 2, "W": 60 }]"#;
//! let rules = Rules::parse(Path::new("rules.json"), rules)?;
//! let mut engine = Engine::new(rules, StateKey::random()?);
//! let mut findings = Vec::new();
//! for (seq, time) in [(0, "2026-01-01T00:00:00Z"), (1, "2026-01-01T00:00:59Z")] {
//!     let line = format!(r#"{{"ts":"{time}","outcome":"failure","user":"ada","ip":"192.0.2.1"}}"#);
//!     let attempt = Attempt::parse(seq, line.as_bytes())?;
//!     engine.observe(&attempt.event, &mut findings);
//! }
//! assert_eq!((&*findings[0].rule, findings[0].count), ("bf_ip", 2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod attempt;
mod builtin;
mod clock;
mod codec;
mod detector;
mod engine;
mod finding;
mod fold;
mod found;
mod group;
mod hash;
mod observed;
mod places;
mod rule;
mod rules_file;
mod scope;
mod seen;
mod sequel;
mod snapshot;
mod state;
mod table;
mod tally;
mod time;
mod trigger;
mod window;

pub use attempt::{Attempt, AttemptError, LINE_BYTES_MAX};
pub use detector::{Detector, Restored, SnapshotError};
pub use engine::Engine;
pub use finding::{Finding, SATURATED};
pub use hash::StateKey;
pub use observed::{Address, Observed, User};
pub use rule::{Field, Kind, Rule, Rules};
pub use rules_file::RulesError;
