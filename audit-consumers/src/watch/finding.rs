//! A detector's finding as other processes may have it recorded, within the bounds of that.

use audit_runtime::control;

use crate::detect::Finding;
use crate::text;

/// What the writer of a journal takes, in bytes and pieces.
const WORD_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 256;
const LIST_MAX: usize = 16;
const SENTENCES_MAX: usize = 8;

/// What is recorded of `finding`; `before` records stood in older epochs.
pub(super) fn entry(finding: &Finding, before: u64) -> control::Finding {
    let rule = cut(&finding.rule, WORD_BYTES_MAX);
    let mut entry = control::Finding::of(rule, cut(&key(finding), NAME_BYTES_MAX));
    entry.id = Some(finding.id().to_string());
    (entry.count, entry.window_s) = (finding.count, finding.window_s);
    entry.severity = finding.severity.as_number();
    entry.title = Some(cut(&finding.title, NAME_BYTES_MAX));
    let sentences = finding.remediation.iter().filter(|sentence| !sentence.is_empty());
    entry.remediation =
        sentences.take(SENTENCES_MAX).map(|sentence| cut(sentence, NAME_BYTES_MAX)).collect();
    // A rule by address alone does not say who was got at.
    let user = finding.user.as_ref().filter(|user| !finding.key.contains(*user));
    entry.note = user.map(|user| {
        let user = cut(user, NAME_BYTES_MAX);
        format!(
            "The event that made it hold, record {}, is of the user {user}.",
            number(finding, before)
        )
    });
    entry.first = Some(finding.first.to_string());
    entry.last = Some(finding.last.to_string());
    let addresses = finding.addresses.iter().filter(|address| !address.is_empty());
    entry.addresses = addresses.take(LIST_MAX).map(|text| cut(text, WORD_BYTES_MAX)).collect();
    // Those of older epochs have numbers that stand for other records now.
    let seqs = finding.exemplars.iter().filter_map(|seq| seq.checked_sub(before));
    entry.records = seqs.take(LIST_MAX).collect();
    entry.drill = finding.drill.as_deref().map(|drill| cut(drill, WORD_BYTES_MAX));
    entry
}

/// The number of the event that made it hold, as its epoch has it.
fn number(finding: &Finding, before: u64) -> u64 {
    finding.seq.saturating_sub(before)
}

/// The parts of the key in one text, which is never empty.
fn key(finding: &Finding) -> String {
    let key = finding.key.join(" from ");
    if key.is_empty() { "-".to_owned() } else { key }
}

/// What a finding holds of a text.
pub(super) fn cut(text: &str, bytes_max: usize) -> String {
    text::cut(text, bytes_max).to_owned()
}
