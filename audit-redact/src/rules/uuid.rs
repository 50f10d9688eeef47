//! Rule for the UUIDs of the crate `uuid`.

use uuid::Uuid;

use super::{mark, shown_as_text};

shown_as_text! { Uuid }
mark! { MapKey: Uuid }
