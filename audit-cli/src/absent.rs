//! Stands for the commands of alerts in a build without them.

use std::io::Write;

use crate::failure::{Exit, Failure};

pub(crate) fn run<Arguments>(_: &Arguments, _: &mut impl Write) -> Result<Exit, Failure> {
    let message = "this build has no alerts; build `audited` with the feature `alerts`";
    Err(Failure::Usage(message.to_owned()))
}
