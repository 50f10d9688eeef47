//! What differs between Unix and other systems: modes, devices, durable names, sockets with a path.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use other::{append_to, device, send_to, sync_directory};
#[cfg(unix)]
pub(crate) use unix::{append_to, device, send_to, sync_directory};
