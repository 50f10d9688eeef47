//! Without the feature `witness` none is asked.

use std::path::Path;

use audit_anchor::Anchor;

use crate::recorder::Error;

pub(super) fn made(_: &str, _: &str, _: Option<&Path>) -> Result<Box<dyn Anchor>, Error> {
    let reason = "the program was built without the feature `witness` of audit-runtime";
    Err(Error::Setting { name: "witness_url", reason })
}
