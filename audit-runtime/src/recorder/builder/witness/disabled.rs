//! Without the feature `witness` none is asked.

use std::path::Path;

use audit_anchor::Anchor;

use crate::recorder::Error;

pub(super) fn made(_: &str, _: &str, _: Option<&Path>) -> Result<Box<dyn Anchor>, Error> {
    let reason = "the program was built without the feature `witness` of audit-runtime";
    Err(Error::Setting { name: "witness_url", reason })
}

#[cfg(test)]
mod tests {
    use crate::recorder::Recorder;

    #[test]
    fn a_witness_that_nobody_would_ask_is_refused() {
        let builder = Recorder::builder("/nowhere/audit").witness_url("https://witness.example");
        let error = builder.witness_key("witness.example+0+A").open().unwrap_err().to_string();
        assert!(error.contains("built without the feature `witness`"), "{error}");
    }
}
