//! How long the disk takes to make a few bytes durable, measured where the journal lies.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::report::{Report, as_the_service};

const CHECK: &str = "sync";
const TRIES: usize = 5;
const BYTES: [u8; 4096] = [b'\n'; 4096];

/// A call that waits for its record waits at least so long.
const SLOW: Duration = Duration::from_millis(100);

pub(super) fn check(journal: &Path, report: &mut Report) {
    match measure(journal) {
        Ok(times) => tell(times, report),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            report.warning(CHECK, as_the_service("not measured, cannot write there", &error));
        }
        Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
            report.failure(CHECK, format!("{error}; mount the file system writable"));
        }
        Err(error) => report.failure(
            CHECK,
            format!("cannot write and sync a file there: {error}; look at the disk"),
        ),
    }
}

fn tell(mut times: [Duration; TRIES], report: &mut Report) {
    times.sort_unstable();
    let (median, slowest) = (times[TRIES / 2], times[TRIES - 1]);
    let told = format!(
        "a sync takes {:.1} ms in the middle, {:.1} ms at most, of {TRIES}",
        median.as_secs_f64() * 1e3,
        slowest.as_secs_f64() * 1e3
    );
    if median >= SLOW {
        let advice = "every synced call waits for one; give the journal a faster disk";
        report.warning(CHECK, format!("{told}: {advice}"));
    } else {
        report.ok(CHECK, told);
    }
}

fn measure(journal: &Path) -> io::Result<[Duration; TRIES]> {
    let (_scratch, mut file) = Scratch::create(journal)?;
    let mut times = [Duration::ZERO; TRIES];
    for time in &mut times {
        file.write_all(&BYTES)?;
        let begun = Instant::now();
        file.sync_data()?;
        *time = begun.elapsed();
    }
    Ok(times)
}

/// A file of its own, which no journal reads and which goes with this value.
struct Scratch(PathBuf);

impl Scratch {
    fn create(journal: &Path) -> io::Result<(Self, File)> {
        let path = journal.join(format!(".doctor-{}", std::process::id()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        let file = options.open(&path)?;
        Ok((Self(path), file))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is an empty name that a writer ignores.
        _ = fs::remove_file(&self.0);
    }
}

/// A service that starts meanwhile refuses wider modes.
#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

/// The directory's own access rules hold.
#[cfg(not(unix))]
fn private(_options: &mut OpenOptions) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_disk_is_a_warning_and_one_slow_sync_is_not() {
        let told = |millis: [u64; TRIES]| {
            let mut report = Report::default();
            tell(millis.map(Duration::from_millis), &mut report);
            serde_json::to_string(&report.findings).unwrap_or_default()
        };
        let once = told([1, 900, 1, 1, 2]);
        assert!(once.contains("\"ok\"") && once.contains("900.0 ms at most"), "{once}");
        assert!(told([150, 200, 100, 1, 2]).contains("\"warning\""));
    }
}
