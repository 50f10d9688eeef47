//! What people and attackers type: the accounts, and secrets of which none may be written anywhere.

/// Who may log in: a name, a password, and the one order that is theirs.
pub(crate) const ACCOUNTS: [(&str, &str, u32); 3] =
    [("ada", "sunshine-1815", 7), ("bob", "Bobs-Bicycle-77", 8), ("carol", "carols-Piano-61", 9)];

pub(crate) const MISTYPED: &str = "sunshien-1815";

pub(crate) const GUESSES: [&str; 7] = [
    "ada-123456",
    "ada-Password1",
    "ada-qwerty",
    "letmein-ada",
    "sunshine-1813",
    "sunshine-1814",
    "Sunshine-1815",
];

pub(crate) const SPRAYED: &str = "Winter-2026!";
/// The first two exist.
pub(crate) const SPRAYED_NAMES: [&str; 6] =
    ["bob", "carol", "svc-backup", "svc-oracle", "dba-root", "j.doe-1987"];

/// All passwords, and the names that no account has, which may be passwords.
pub(crate) fn secrets() -> impl Iterator<Item = &'static str> {
    let passwords = ACCOUNTS.iter().map(|(_, password, _)| *password);
    let unknown = SPRAYED_NAMES[2..].iter().copied();
    passwords.chain(GUESSES).chain([MISTYPED, SPRAYED]).chain(unknown)
}
