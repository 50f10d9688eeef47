//! What other processes ask of a journal's writer: to append a record for them, how far it is durable, how it fares.
//!
//! A [`Client`] asks over the socket `CONTROL` in the journal's directory. The writer names in the record
//! who asked, as the system tells it. Where no writer lives, [`append`] takes its lock for a moment.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use audit_runtime::control::{Entry, Error, Read, append};
//!
//! let journal = "/var/lib/shop/audit";
//! let mut read = Read::of("export");
//! read.first_seq = Some(0);
//! read.last_seq = Some(4711);
//! let entry = Entry::Read(read);
//! let appended = append(journal, &entry, Duration::from_secs(6))?;
//! println!("recorded as {}", appended.seq);
//! # Ok::<(), Error>(())
//! ```

mod alone;
mod asking;
mod entry;
mod error;
#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "other.rs"]
mod platform;
mod prune;

pub use alone::{append_alone, prune_alone};
pub use asking::{append, ask_or};
pub use entry::{Drill, Entry, Finding, Read, Reveal};
pub use error::Error;
pub use platform::Client;
pub use prune::{Prune, Pruned};

pub(super) use platform::{Control, Socket, start};
