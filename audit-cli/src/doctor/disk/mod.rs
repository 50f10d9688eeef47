//! What the journal lies on: the kind of file system, and the room that is left there.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

use std::path::Path;

use super::report::Report;
use super::settings::Settings;

#[cfg(target_os = "linux")]
use linux::look;
#[cfg(not(target_os = "linux"))]
use other::look;

const STORAGE: &str = "storage";
const SPACE: &str = "space";

/// Below this nothing more may fit: the largest batch is about as large as the queue.
const BYTES_MIN: u64 = 16 << 20;
/// A segment, its seal and what a recovery sets aside each take an inode.
const INODES_MIN: u64 = 16;
const INODES_FEW: u64 = 1024;
/// How many segments should still fit.
const SEGMENTS_FEW: u64 = 4;

/// What a file system tells of itself.
struct Disk {
    kind: Kind,
    bytes: u64,
    /// `None` where they are made as they are needed.
    inodes: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux tells the kind"))]
enum Kind {
    Memory(&'static str),
    Container,
    Network(&'static str),
    Disk,
}

pub(super) fn check(journal: &Path, settings: &Settings, report: &mut Report) {
    match look(journal) {
        Ok(Some(disk)) => {
            tell_kind(disk.kind, report);
            tell_space(&disk, settings.segment_bytes_max(), report);
        }
        Ok(None) => report.ok(STORAGE, "not checked: this system is not asked for it yet"),
        Err(error) => report.failure(STORAGE, format!("cannot ask: {error}; look at the mount")),
    }
}

fn tell_kind(kind: Kind, report: &mut Report) {
    match kind {
        Kind::Memory(name) => report.warning(
            STORAGE,
            format!("it lies in memory ({name}) and is gone after a restart; put it on a disk"),
        ),
        Kind::Container => report.warning(
            STORAGE,
            "it lies in a container's own layer (overlay) and goes with the container; mount a \
             volume for it",
        ),
        Kind::Network(name) => report.warning(
            STORAGE,
            format!(
                "it lies on a network file system ({name}), whose locks and syncs cannot be relied \
                 on; put it on a local disk"
            ),
        ),
        Kind::Disk => report.ok(STORAGE, "it lies on a file system that outlives a restart"),
    }
}

fn tell_space(disk: &Disk, segment_bytes_max: u64, report: &mut Report) {
    let inodes = disk.inodes.map_or(String::new(), |inodes| format!(" and {inodes} inodes"));
    let left = format!("{} MiB{inodes} are left", disk.bytes >> 20);
    let inodes = disk.inodes.unwrap_or(u64::MAX);
    let segments = disk.bytes / segment_bytes_max.max(1);
    if disk.bytes < BYTES_MIN || inodes < INODES_MIN {
        report.failure(SPACE, format!("{left}: the journal is about to stop; free space now"));
    } else if segments < SEGMENTS_FEW || inodes < INODES_FEW {
        report.warning(
            SPACE,
            format!("{left}, room for {segments} segments of {segment_bytes_max} bytes; free some"),
        );
    } else {
        report.ok(SPACE, format!("{left}, room for {segments} segments"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: u64, inodes: Option<u64>) -> String {
        let mut report = Report::default();
        tell_space(&Disk { kind: Kind::Disk, bytes, inodes }, 64 << 20, &mut report);
        serde_json::to_string(&report.findings).unwrap_or_default()
    }

    #[test]
    fn space_is_judged_by_bytes_and_by_inodes() {
        assert!(told(1 << 40, Some(1 << 20)).contains("\"ok\""));
        assert!(told(1 << 40, None).contains("\"ok\""));
        assert!(told(255 << 20, None).contains("\"warning\""));
        assert!(told(1 << 40, Some(1023)).contains("\"warning\""));
        assert!(told((16 << 20) - 1, None).contains("\"failure\""));
        assert!(told(1 << 40, Some(15)).contains("\"failure\""));
    }

    #[test]
    fn what_does_not_last_is_named_with_its_remedy() {
        for (kind, word) in [
            (Kind::Memory("tmpfs"), "put it on a disk"),
            (Kind::Container, "mount a volume"),
            (Kind::Network("nfs"), "put it on a local disk"),
        ] {
            let mut report = Report::default();
            tell_kind(kind, &mut report);
            let told = serde_json::to_string(&report.findings).unwrap_or_default();
            assert!(told.contains("\"warning\"") && told.contains(word), "{told}");
        }
    }
}
