//! What stands in front of an application's ordinary logs, and what it does with a text of theirs.

use audit_guard::{Caught, Scrubbed, written_out};

/// Puts the guard in front of an application's ordinary logs. What it is put around says how:
///
/// - a writer of `tracing_subscriber::fmt`: each line that was formatted is scrubbed, in any format;
/// - a layer of `tracing_subscriber`: each field of an event or span is scrubbed before anything formats it, all of
///   it where its name looks sensitive, and signs that a reader does not see are written out;
/// - a logger of the crate `log`: the same for the message and the pairs of a record.
///
/// What is caught is recorded as a `security` event `SecretCaught` by the running task's recorder, with the place in
/// the source of the log call; once for each place and kind.
#[cfg_attr(
    feature = "guard-tracing",
    doc = r#"
```
use audit_runtime::guard::Guarded;
use tracing_subscriber::layer::SubscriberExt;

let printed = tracing_subscriber::fmt::layer().json().with_writer(Guarded::new(std::io::stderr));
let subscriber = tracing_subscriber::registry().with(Guarded::new(printed));
# tracing::subscriber::with_default(subscriber, || tracing::info!(password = "hunter2", "refused"));
```
"#
)]
#[derive(Clone, Copy, Debug)]
pub struct Guarded<T> {
    pub(super) inner: T,
}

impl<T> Guarded<T> {
    /// Guards what `inner` takes: a writer, a layer, a logger.
    pub const fn new(inner: T) -> Self {
        Self { inner }
    }
}

/// A text of a log as it is passed on, in one line. What was caught is added.
pub(super) fn passed(scrubbed: &Scrubbed<'_>, caught: &mut Caught) -> String {
    caught.add(&scrubbed.caught);
    written_out(&scrubbed.text).into_owned()
}
