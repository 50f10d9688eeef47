//! Output of commands whose exit code is a verdict: it is reached although nobody reads the output any more.

use std::io::{self, Write};

/// Passes on what is written, until nobody reads it: from then on it goes nowhere.
pub(crate) struct Unread<W> {
    out: W,
    is_closed: bool,
}

impl<W: Write> Unread<W> {
    pub(crate) fn over(out: W) -> Self {
        Self { out, is_closed: false }
    }

    fn pass<T>(
        &mut self,
        otherwise: T,
        write: impl FnOnce(&mut W) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.is_closed {
            return Ok(otherwise);
        }
        match write(&mut self.out) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(otherwise)
            }
            written => written,
        }
    }
}

impl<W: Write> Write for Unread<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pass(bytes.len(), |out| out.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass((), Write::flush)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader has gone, or a disk without room.
    struct Failing(io::ErrorKind);

    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(self.0.into())
        }
    }

    #[test]
    fn only_a_reader_that_has_gone_is_no_failure() {
        let mut closed = Unread::over(Failing(io::ErrorKind::BrokenPipe));
        assert!(closed.write_all(b"a verdict").is_ok() && closed.flush().is_ok());
        let mut full = Unread::over(Failing(io::ErrorKind::StorageFull));
        assert!(full.write_all(b"a verdict").is_err() && full.flush().is_err());
    }
}
