//! Stands for `audited alerts` in a build without it.

use std::io::Write;

use crate::arguments::Alerts;
use crate::failure::{Exit, Failure};

pub(crate) fn run(_arguments: &Alerts, _out: &mut impl Write) -> Result<Exit, Failure> {
    let message = "this build has no alerts; build `audited` with the feature `alerts`";
    Err(Failure::Usage(message.to_owned()))
}
