//! Measuring side by side: interleaved rounds, medians, and a table to read.
//!
//! Whatever disturbs a machine disturbs neighbouring rounds alike, so sides are compared within
//! each round and only then over all rounds.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use audit_runtime::{Actor, Durability, Event, Operation, Target, public};
use rustix::time::{ClockId, clock_gettime};

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// On the clock on the wall: with waits, and with whatever else the machine did meanwhile.
    pub wall: Duration,
    /// Of the processor's time, by this thread alone.
    pub thread: Duration,
}

/// The directories that the command line names.
pub fn named_places() -> Vec<PathBuf> {
    let named = std::env::args().skip(1).filter(|argument| argument != "--bench");
    named.map(PathBuf::from).collect()
}

/// A `synced` event of a usual size.
pub fn synced_event() -> Event {
    Event::activity("UpdateAccount")
        .operation(Operation::Update)
        .actor(Actor::user("42").named("ada").role("admin"))
        .target(Target::new("Account", 4711))
        .field("quota", &250)
        .field("region", &public("eu-central-1"))
        .durability(Durability::Synced)
        .succeeded()
}

/// What one side took, one entry for each round, in order.
pub type Rounds = Vec<Taken>;

impl Taken {
    /// Runs `work` and says what it took.
    pub fn by(work: impl FnOnce()) -> Self {
        let (thread, wall) = (thread_time(), Instant::now());
        work();
        Self { wall: wall.elapsed(), thread: thread_time().saturating_sub(thread) }
    }
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Runs every side once in each round; a side times itself, so that it can prepare and clean up.
///
/// Each round begins with another side: none is always the one that warms the caches.
pub fn interleave<const N: usize>(
    rounds: usize,
    sides: [&mut dyn FnMut() -> Taken; N],
) -> [Rounds; N] {
    let mut taken = [const { Vec::new() }; N];
    for round in 0..rounds {
        for turn in 0..N {
            let side = (round + turn) % N;
            taken[side].push(sides[side]());
        }
    }
    taken
}

/// The middle of `values`; the upper of two middles.
///
/// # Panics
/// If there are none.
pub fn median<T: PartialOrd + Copy>(values: impl IntoIterator<Item = T>) -> T {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_by(|left, right| left.partial_cmp(right).unwrap_or(std::cmp::Ordering::Equal));
    sorted[sorted.len() / 2]
}

/// The borders of the middle half of `values`.
///
/// # Panics
/// If there are none.
pub fn quarters(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    (sorted[sorted.len() / 4], sorted[sorted.len() * 3 / 4])
}

/// The median over all rounds of how many times as long `side` took as `base` in the same round,
/// by one of the two times.
pub fn paired_ratio(side: &Rounds, base: &Rounds, time: impl Fn(&Taken) -> Duration) -> f64 {
    let pairs = side.iter().zip(base);
    median(pairs.map(|(side, base)| time(side).as_secs_f64() / time(base).as_secs_f64()))
}

/// Rows of text under a heading, in columns as wide as they need to be.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self { rows: Vec::new() };
        table.row(columns);
        table
    }

    /// Adds a row.
    pub fn row<T: fmt::Display>(&mut self, cells: &[T]) {
        self.rows.push(cells.iter().map(T::to_string).collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let lengths = |column| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<usize> = (0..columns)
            .map(|column| lengths(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        for row in &self.rows {
            for (column, cell) in row.iter().enumerate() {
                match column {
                    0 => write!(f, "  {cell:<width$}", width = widths[0])?,
                    _ => write!(f, "  {cell:>width$}", width = widths[column])?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_runs_once_in_every_round_and_none_is_always_first() {
        let order = std::cell::RefCell::new(Vec::new());
        let mut one = || Taken::by(|| order.borrow_mut().push(1));
        let mut two = || Taken::by(|| order.borrow_mut().push(2));
        let [ones, twos] = interleave(3, [&mut one, &mut two]);
        assert_eq!((ones.len(), twos.len()), (3, 3));
        assert_eq!(*order.borrow(), [1, 2, 2, 1, 1, 2]);
    }

    #[test]
    fn a_disturbed_round_does_not_change_the_ratio() {
        let seconds = |all: &[u64]| -> Rounds {
            let taken = all.iter().map(|s| Duration::from_secs(*s));
            taken.map(|wall| Taken { wall, thread: wall / 2 }).collect()
        };
        let (base, side) = (seconds(&[10, 1000, 10]), seconds(&[20, 9000, 20]));
        assert_eq!(paired_ratio(&side, &base, |taken| taken.wall), 2.0);
        assert_eq!(paired_ratio(&side, &base, |taken| taken.thread), 2.0);
        assert_eq!(median([3, 1, 2]), 2);
    }

    #[test]
    fn waiting_takes_no_time_of_the_thread() {
        let taken = Taken::by(|| std::thread::sleep(Duration::from_millis(50)));
        assert!(taken.wall >= Duration::from_millis(50));
        assert!(taken.thread < Duration::from_millis(25), "{taken:?}");
    }

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let mut table = Table::new(&["side", "ns"]);
        table.row(&["longer", "1000"]);
        assert_eq!(table.to_string(), "  side      ns\n  longer  1000\n");
    }
}
