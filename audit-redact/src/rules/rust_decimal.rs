//! Rule for the numbers of the crate `rust_decimal`, as text, which keeps every digit.

use rust_decimal::Decimal;

use super::{compared, mark, shown_as_text};

shown_as_text! { Decimal }
compared! { Decimal }
mark! { MapKey: Decimal }
