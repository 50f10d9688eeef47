//! Linux tells the kind of a file system by a number.

use std::io;
use std::path::Path;

use super::{Disk, Kind};

/// The numbers of those that do not last or cannot be relied on, from the kernel's `magic.h`.
const KINDS: &[(u32, Kind)] = &[
    (0x0102_1994, Kind::Memory("tmpfs")),
    (0x8584_58f6, Kind::Memory("ramfs")),
    (0x794c_7630, Kind::Container),
    (0x0000_6969, Kind::Network("nfs")),
    (0x0000_517b, Kind::Network("smb")),
    (0xff53_4d42, Kind::Network("cifs")),
    (0xfe53_4d42, Kind::Network("smb2")),
    (0x0102_1997, Kind::Network("9p")),
    (0x00c3_6400, Kind::Network("ceph")),
];

pub(super) fn look(path: &Path) -> io::Result<Option<Disk>> {
    // The type of the number differs between machines, and its sign says nothing.
    let number = rustix::fs::statfs(path)?.f_type as u32;
    let known = KINDS.iter().find(|(known, _)| *known == number);
    let room = rustix::fs::statvfs(path)?;
    Ok(Some(Disk {
        kind: known.map_or(Kind::Disk, |(_, kind)| *kind),
        bytes: room.f_bavail.saturating_mul(room.f_frsize),
        inodes: (room.f_files > 0).then_some(room.f_favail),
    }))
}
