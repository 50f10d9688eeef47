//! The guard: finds secrets that slipped into a text, and replaces each by a fixed mark.
//!
//! It is the last net below the types, the derive, the probe and the lint, and it is never counted as
//! enforcement: it knows forms of secrets, not secrets. What [`scrub`] looks
//! for is told by [`Kind`]; what it replaced is told by [`Caught`], which counts and never quotes.
//!
//! ```
//! use audit_guard::{Kind, scrub};
//!
//! let scrubbed = scrub("login failed for https://ada:hunter2@db.example/?try=2");
//! assert_eq!(
//!     scrubbed.text,
//!     "login failed for https://ada:[REDACTED:url_password]@db.example/?try=2"
//! );
//! assert_eq!(scrubbed.caught.of(Kind::UrlPassword), 1);
//! ```
//!
//! The marks are fixed, but for the tag that [`Scrubbed::tagged`] puts into one. A text that was scrubbed is
//! left as it is when it is scrubbed again, because [`scrub`] passes over it until nothing is found.

mod authorization;
mod base64;
mod curl;
mod filter;
mod formats;
mod iban;
mod jwt;
mod kind;
mod live;
mod looks;
mod named;
mod names;
mod numbers;
mod pairs;
mod pem;
mod persons;
mod phone;
mod places;
mod rules;
mod runs;
mod scrub;
mod text;
mod tokens;
mod unseen;
mod url;
mod value;
mod vendors;
mod words;

pub use kind::{Caught, Kind};
pub use live::{Unwatched, Watch, watch};
pub use scrub::{Scrubbed, scrub, scrub_field, scrub_number};
pub use unseen::written_out;
