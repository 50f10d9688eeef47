//! Rule for the UUIDs of the crate `uuid`.

use uuid::Uuid;

use super::{compared, mark, shown_as_text};

shown_as_text! { Uuid }
compared! { Uuid }
mark! { MapKey: Uuid }
