//! What an application's subscriber prints, without the secrets in it.

use std::io;

use audit_guard::scrub;
use tracing::Metadata;
use tracing_subscriber::fmt::MakeWriter;

use super::Guarded;
use crate::recorder::{LogCall, tell_printed};

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Guarded<M> {
    type Writer = GuardedWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        GuardedWriter { inner: self.inner.make_writer(), event: Vec::new(), from: None }
    }

    fn make_writer_for(&'a self, event: &Metadata<'_>) -> Self::Writer {
        let from = Some(LogCall::of(event));
        GuardedWriter { inner: self.inner.make_writer_for(event), event: Vec::new(), from }
    }
}

/// Takes one event, and writes it without its secrets when it is flushed or dropped: so no secret is cut in two.
#[derive(Debug)]
pub struct GuardedWriter<W: io::Write> {
    inner: W,
    event: Vec<u8>,
    from: Option<LogCall>,
}

impl<W: io::Write> GuardedWriter<W> {
    fn pass_on(&mut self) -> io::Result<()> {
        let event = std::mem::take(&mut self.event);
        // What is no text is written as far as it is one, so that nothing passes unread.
        let text = String::from_utf8_lossy(&event);
        let scrubbed = scrub(&text);
        let written = self.inner.write_all(scrubbed.text.as_bytes());
        if !scrubbed.caught.is_empty() {
            tell_printed(self.from.as_ref(), &scrubbed.caught);
        }
        written
    }
}

impl<W: io::Write> io::Write for GuardedWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.event.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.inner.flush()
    }
}

impl<W: io::Write> Drop for GuardedWriter<W> {
    fn drop(&mut self) {
        // Nobody is left to be told, as of a subscriber's own writer that fails.
        let _ = self.pass_on();
    }
}
