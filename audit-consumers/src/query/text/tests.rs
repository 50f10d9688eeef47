//! The text of a query says what the builder says, and what is wrong is told at its place.

use proptest::prelude::*;

use super::*;
use crate::query::Query;

#[test]
fn x() {}
