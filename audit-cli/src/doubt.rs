//! Why `audited verify` cannot decide, although it has found no damage.

use audit_runtime::Timestamp;
use audit_runtime::journal::{Trust, Verification, is_called};

use crate::arguments::Verify;
use crate::terminal;

const NO_ANCHOR: &str = "no checkpoint of --anchor counts: they are of other journals; give one that was kept of this journal";
const NO_WITNESS: &str = "nothing of this journal was cosigned by a witness of --witness, in `anchors/` or in --anchor: \
                          check the key, and whether the service has a `witness_url`";
const UNCOMPARED: &str = "a checkpoint that was kept elsewhere cannot be compared";
const AGELESS: &str = "--anchor-age-max needs a time: no witness of --witness has cosigned the newest checkpoint that agrees";

/// Why what was found does not decide what was asked, if nothing is damaged.
pub(crate) fn of(
    checked: &Verification,
    arguments: &Verify,
    trust: Option<&Trust>,
) -> Option<String> {
    let none = Trust::default();
    let Trust { anchors, witnesses, .. } = trust.unwrap_or(&none);
    let Verification { uncompared, uncompared_reasons, is_by_anchor, is_by_witness, .. } = checked;
    match () {
        () if *uncompared > 0 => {
            let why: Vec<_> = uncompared_reasons.iter().map(|it| terminal::escape(it)).collect();
            Some(format!("{UNCOMPARED}: {}", why.join("; ")))
        }
        () if !anchors.is_empty() && !is_by_anchor => Some(NO_ANCHOR.to_owned()),
        () if !witnesses.is_empty() && !is_by_witness => Some(NO_WITNESS.to_owned()),
        () => other_name(checked, arguments).or_else(|| too_old(checked, arguments)),
    }
}

fn other_name(checked: &Verification, arguments: &Verify) -> Option<String> {
    let wanted = arguments.origin.as_deref()?;
    let found = checked.origin.as_deref().unwrap_or_default();
    let is_it = is_called(found, wanted);
    let (found, wanted) = (terminal::escape(found), terminal::escape(wanted));
    (!is_it).then(|| format!("this journal's name is `{found}`, and that of --origin is `{wanted}`: it is another journal"))
}

fn too_old(checked: &Verification, arguments: &Verify) -> Option<String> {
    let most = arguments.anchor_age_max?;
    let Some(at) = checked.anchored_at.as_deref().and_then(Timestamp::parse) else {
        return Some(AGELESS.to_owned());
    };
    let age = Timestamp::now().unix_nanos().saturating_sub(at.unix_nanos()) / 1_000_000_000;
    (age > i64::from(most)).then(|| {
        format!("the newest checkpoint that a witness has cosigned is {age} seconds old, and --anchor-age-max is {most}: \
                 this may be a copy that was put back, or the service reaches no witness")
    })
}
