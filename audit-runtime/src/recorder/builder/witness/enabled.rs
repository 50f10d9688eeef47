//! With the feature `witness` there is a client of it.

use std::path::Path;

use audit_anchor::{Anchor, Witness};

use crate::recorder::Error;

pub(super) fn made(url: &str, key: &str, ca_file: Option<&Path>) -> Result<Box<dyn Anchor>, Error> {
    let refused = |name| move |reason| Error::Setting { name, reason };
    let key = key.parse().map_err(|malformed: audit_tlog::Malformed| malformed.reason);
    let mut witness =
        Witness::new(url, key.map_err(refused("witness_key"))?).map_err(refused("witness_url"))?;
    if let Some(path) = ca_file {
        witness = witness.ca_file(path).map_err(refused("witness_ca_file"))?;
    }
    Ok(Box::new(witness))
}
