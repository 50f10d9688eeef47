//! A marked event that nobody did, so that an alarm can be tried out.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{WORD_BYTES_MAX, holds};
use crate::event::{Actor, DRILL_MARK, Draft, Event, Origin};
use audit_redact::public;

/// One failed login of a drill, which is no login.
///
/// Its user can be none of the service's own, and its address none of a real machine: so it accuses
/// nobody, and no rule counts it beside what is real.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Drill {
    /// Which drill it is of; at most 64 bytes.
    pub id: String,
    /// Whose login it pretends to be, at most 64 bytes: it is recorded as `drill:<user>`.
    pub user: String,
    /// From where, within 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 or 2001:db8::/32, which are
    /// kept free for documentation (RFC 5737, RFC 3849).
    pub address: IpAddr,
}

impl Drill {
    /// The extra that marks an event of a drill, and what follows from it; its value is the drill's id.
    pub const MARK: &str = DRILL_MARK;

    /// A failed login of `user` from `address`, of the drill `id`.
    pub fn of(id: impl Into<String>, user: impl Into<String>, address: IpAddr) -> Self {
        Self { id: id.into(), user: user.into(), address }
    }

    pub(super) fn draft(&self) -> Draft {
        let draft = Event::authentication("drill")
            .description("A drill: nobody has tried to log in.")
            .origin(Origin::peer(SocketAddr::new(self.address, 0)));
        mark(draft, &self.id)
    }

    /// Whom it pretends to be of.
    pub(super) fn actor(&self) -> Actor {
        Actor::user(format!("drill:{}", self.user))
    }

    pub(super) fn flaw(&self) -> Option<&'static str> {
        match self {
            Self { id, .. } if !holds(id, WORD_BYTES_MAX) => Some("`id` must have 1 to 64 bytes"),
            Self { user, .. } if !holds(user, WORD_BYTES_MAX) => {
                Some("`user` must have 1 to 64 bytes")
            }
            Self { address, .. } if !is_nobodys(*address) => {
                Some("`address` must be one that is kept free for documentation, as 192.0.2.1 is")
            }
            _ => None,
        }
    }
}

/// Marks an event as one of the drill `id`.
pub(super) fn mark(draft: Draft, id: &str) -> Draft {
    draft.extra(Drill::MARK, &public(id))
}

fn is_nobodys(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_documentation(),
        IpAddr::V6(address) => address.segments()[..2] == [0x2001, 0xdb8],
    }
}
