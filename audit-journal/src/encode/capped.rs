//! Values that are longer than they may be: written up to a cap, then closed as valid JSON.

use std::io;

/// Stands for a structured value that was longer than its cap.
const CUT_VALUE: &[u8] = br#""[truncated]""#;

/// A sink that takes `left` more bytes and then fails.
pub(super) struct Capped<'a> {
    pub(super) out: &'a mut Vec<u8>,
    pub(super) left: usize,
}

impl io::Write for Capped<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.left);
        if taken == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.out.extend_from_slice(&bytes[..taken]);
        self.left -= taken;
        Ok(taken)
    }

    /// Most pieces fit whole, so this spares them the loop of the provided method.
    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.left {
            let fitting = bytes.get(..self.left).unwrap_or_default();
            self.out.extend_from_slice(fitting);
            self.left = 0;
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.left -= bytes.len();
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Makes valid JSON of a value that was cut off somewhere after `start`.
pub(super) fn close_cut(out: &mut Vec<u8>, start: usize) {
    let is_string = out.get(start) == Some(&b'"');
    if is_string {
        let kept = whole_characters(&out[start + 1..]);
        out.truncate(start + 1 + kept);
        out.push(b'"');
    } else {
        out.truncate(start);
        out.extend_from_slice(CUT_VALUE);
    }
}

/// The length of the longest prefix that ends with neither half a character nor half an escape.
fn whole_characters(bytes: &[u8]) -> usize {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) => error.valid_up_to(),
    };
    let mut at = 0;
    while at < valid {
        let length = match (bytes[at], bytes.get(at + 1)) {
            (b'\\', Some(b'u')) => 6,
            (b'\\', _) => 2,
            _ => 1,
        };
        if at + length > valid {
            return at;
        }
        at += length;
    }
    valid
}
