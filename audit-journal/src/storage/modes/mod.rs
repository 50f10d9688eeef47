//! What differs between Unix and other systems: modes, durable names, reads at an offset.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use other::{
    check, close_to_others, create_directory, found, leads_to, open_regular, owner, owner_of,
    private, read_at, settle, sync_directory, write_all_at,
};
#[cfg(unix)]
pub(super) use unix::{
    check, close_to_others, create_directory, found, leads_to, open_regular, owner, owner_of,
    private, read_at, settle, sync_directory, write_all_at,
};
