//! What a check may take of the machine, and whom it tells how far it is.

/// How a check goes about its work: by default on one thread and without a word.
#[derive(Clone, Copy)]
pub struct Effort<'a> {
    /// How many threads hash lines, the caller's included.
    pub threads: usize,
    /// Is told on the caller's thread how far the check is, after every few thousand lines. A check that has to
    /// begin anew, as a writer has pruned meanwhile, tells so by smaller numbers.
    pub progress: Option<&'a dyn Fn(Progress)>,
}

/// How far a check is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The lines that have been passed.
    pub lines: u64,
    /// The bytes up to there.
    pub bytes: u64,
    /// The bytes of all segments when the check began.
    pub bytes_all: u64,
}

impl Default for Effort<'_> {
    fn default() -> Self {
        Self { threads: 1, progress: None }
    }
}

/// So many lines are passed without a word.
const LINES: u64 = 4096;

/// Counts what is passed.
#[derive(Default)]
pub(super) struct Meter<'a> {
    told: Option<&'a dyn Fn(Progress)>,
    lines: u64,
    /// The bytes of the segments before this one.
    before: u64,
    bytes_all: u64,
}

impl<'a> Meter<'a> {
    pub(super) fn of(effort: &Effort<'a>, bytes_all: u64) -> Self {
        Self { told: effort.progress, bytes_all, ..Self::default() }
    }

    /// Passes a line of a segment, up to the byte `offset` of that.
    pub(super) fn pass(&mut self, offset: u64) {
        self.lines += 1;
        if self.lines.is_multiple_of(LINES) {
            self.tell(offset);
        }
    }

    /// Leaves a segment of so many bytes.
    pub(super) fn leave(&mut self, length: u64) {
        self.before += length;
        self.tell(0);
    }

    fn tell(&self, offset: u64) {
        let Self { lines, before, bytes_all, .. } = *self;
        if let Some(told) = self.told {
            told(Progress { lines, bytes: before + offset, bytes_all });
        }
    }
}
