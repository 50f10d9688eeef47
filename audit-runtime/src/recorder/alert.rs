//! An alert that a program raises by hand.

use std::borrow::Cow;

use super::{Receipt, record};
use crate::event::{Event, Severity};
use audit_redact::public;

/// Raises an alert: has it recorded as `AlertRaised`, from where it reaches every channel whose least
/// severity it has (`audited watch`, or a `Watch` in the service).
///
/// `title` says in a few words what is wrong, `remediation` in a sentence each what to do about it. Both
/// are recorded and sent as they stand, so they must not repeat what a user has typed. Who acts, and in
/// which request, is filled in as for every event. The receipt need not be awaited.
///
/// ```no_run
/// use audit_runtime::{self as audit, Severity};
///
/// # async fn example() -> Result<(), audit::Unrecorded> {
/// let remediation = ["Revoke the key in the console.", "Look for its uses since Monday."];
/// audit::alert("A signing key was found in a public place", Severity::Critical, remediation).await?;
/// # Ok(())
/// # }
/// ```
pub fn alert<S: AsRef<str>>(
    title: impl Into<Cow<'static, str>>,
    severity: Severity,
    remediation: impl IntoIterator<Item = S>,
) -> Receipt {
    record(raised(title, severity, remediation))
}

/// The event of an alert.
pub(super) fn raised<S: AsRef<str>>(
    title: impl Into<Cow<'static, str>>,
    severity: Severity,
    remediation: impl IntoIterator<Item = S>,
) -> Event {
    let remediation: Vec<_> =
        remediation.into_iter().map(|sentence| public(sentence.as_ref().to_owned())).collect();
    let draft = Event::security("AlertRaised").name("alert.raised").description(title);
    draft.severity(severity).field("remediation", &remediation).succeeded()
}

#[cfg(test)]
mod tests {
    use crate::event::Severity;
    use crate::record::Record;
    use crate::recorder::{Recorded, Recorder};
    use audit_journal::{MemoryStorage, Reader};
    use std::sync::Arc;

    #[test]
    fn it_is_a_record_with_its_remediation() {
        let storage = MemoryStorage::new();
        let recorder = Recorder::in_memory(storage.clone()).open().unwrap();
        let remediation = ["Revoke it.", "Look for its uses."];
        let receipt =
            recorder.enter(|| super::alert("A key is public", Severity::Critical, remediation));
        let Ok(Recorded::Durable { seq, .. }) = receipt.wait() else {
            panic!("it is not durable");
        };
        let reader = Reader::over(Arc::new(storage));
        let line = reader.cursor(seq).unwrap().next().unwrap().unwrap();
        let record = Record::parse(&line).unwrap();
        assert_eq!(
            (record.action.as_str(), record.severity),
            ("AlertRaised", Severity::Critical.as_number())
        );
        assert_eq!(record.description.as_deref(), Some("A key is public"));
        assert_eq!(record.arguments["remediation"], serde_json::json!(remediation));
    }
}
