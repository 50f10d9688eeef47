//! A file system in a file, whose content at one moment can be copied: what a power cut leaves of it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::tool;

const BYTES: &str = "48M";

/// How often two copies may differ, because the kernel still writes.
const COPIES_MAX: usize = 20;

/// A mounted file system; it is unmounted when dropped.
pub(crate) struct Image {
    device: String,
    pub(crate) file: PathBuf,
    pub(crate) mounted: PathBuf,
}

impl Image {
    /// Makes an ext4 file system in a new file of `directory`.
    pub(crate) fn make(directory: &Path) -> Self {
        let file = directory.join("live.img");
        tool::run("truncate", &["-s".as_ref(), BYTES.as_ref(), file.as_os_str()]);
        tool::run("mkfs.ext4", &["-q".as_ref(), "-F".as_ref(), file.as_os_str()]);
        Self::mount(file, &directory.join("live"))
    }

    /// Mounts the file system in `file`. The loop device goes around the page cache, so that what
    /// it has written is in the file.
    fn mount(file: PathBuf, mounted: &Path) -> Self {
        let on: [&OsStr; 4] =
            ["--direct-io=on".as_ref(), "--find".as_ref(), "--show".as_ref(), file.as_os_str()];
        let device = tool::run("losetup", &on).trim().to_owned();
        std::fs::create_dir_all(mounted).unwrap();
        let image = Self { device, file, mounted: mounted.to_owned() };
        tool::run("mount", &[image.device.as_ref(), mounted.as_os_str()]);
        image
    }

    /// What the disk would hold if the power went now, mounted in its turn.
    ///
    /// No process may write to the file system; what the kernel has not written, is not there.
    pub(crate) fn after_power_cut(&self, directory: &Path) -> Self {
        let copies = [directory.join("cut.img"), directory.join("again.img")];
        for _ in 0..COPIES_MAX {
            copies.iter().for_each(|copy| self.copy(copy));
            if std::fs::read(&copies[0]).unwrap() == std::fs::read(&copies[1]).unwrap() {
                let [copy, _] = copies;
                return Self::mount(copy, &directory.join("cut"));
            }
        }
        panic!("the kernel does not stop to write to a file system that nobody uses");
    }

    fn copy(&self, to: &Path) {
        let mut from = OsStr::new("if=").to_owned();
        from.push(&self.file);
        let mut into = OsStr::new("of=").to_owned();
        into.push(to);
        let rest = ["bs=4M", "iflag=direct", "status=none"].map(OsStr::new);
        tool::run("dd", &[&from, &into, rest[0], rest[1], rest[2]]);
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Whatever fails here must not hide what the test has found.
        let _ = tool::output("umount", &[&self.mounted]);
        let _ = tool::output("losetup", &["--detach", &self.device]);
    }
}
