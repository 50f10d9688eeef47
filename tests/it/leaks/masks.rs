//! The row of secrets so short that a mask which keeps four characters keeps them all.

use audit_runtime::redact::{Redaction, Redactor};
use audit_runtime::{Redact, wrap_sensitive};

use super::canary::PINS;

/// A card, long enough for its mask, is evidence that the masks are at work.
const CARD: &str = "6011000990139424";
const MASKED: &str = "****9424";

macro_rules! pins {
    ($module:ident, [$($above:tt)*]) => {
        mod $module {
            use super::*;

            $($above)*
            #[derive(Redact)]
            #[allow(dead_code, reason = "read by the derive")]
            pub(super) struct Pins {
                #[sensitive(mask(last = 4))]
                card: String,
                #[sensitive(mask(last = 4))]
                last: String,
                #[sensitive(mask(first = 2))]
                first: String,
                #[sensitive(mask(first = 2, last = 2))]
                both: String,
                #[sensitive(mask(last = 4))]
                number: u32,
            }

            pub(super) fn of(pin: &str) -> Pins {
                let (number, pin): (u32, _) = (pin.parse().unwrap(), pin.to_owned());
                Pins {
                    card: CARD.to_owned().into(),
                    last: pin.clone().into(),
                    first: pin.clone().into(),
                    both: pin.into(),
                    number: number.into(),
                }
            }
        }
    };
}

pins!(in_plain, []);
pins!(in_wrapped, [#[wrap_sensitive]]);

pub(super) fn plain() -> String {
    PINS.iter().map(|pin| written(&in_plain::of(pin))).collect()
}

pub(super) fn wrapped() -> String {
    PINS.iter().map(|pin| written(&in_wrapped::of(pin))).collect()
}

fn written<T: Redact>(pins: &T) -> String {
    let redactor = Redactor::new("leaks");
    let forms = [pins.redacted(), pins.redacted_with(Redaction::with(&redactor))];
    let texts = forms.map(|form| serde_json::to_string(&form).unwrap());
    assert!(texts.iter().all(|text| text.contains(MASKED)), "the masks of the row are not at work");
    texts.concat()
}

/// True if any two digits of the secret stand together beside the card: a mask of the first two and
/// the last two shows four, and never the four in a row that every other secret is searched for.
fn shows_a_pair(text: &str, pin: &str) -> bool {
    let text = text.replace(MASKED, "");
    (1..pin.len()).any(|end| text.contains(&pin[end - 1..=end]))
}

#[test]
fn no_mask_shows_two_digits_of_a_short_secret() {
    for pin in PINS {
        assert!(!shows_a_pair(&written(&in_plain::of(pin)), pin));
        assert!(!shows_a_pair(&written(&in_wrapped::of(pin)), pin));
        assert!(shows_a_pair(&format!("{MASKED} ****{}", &pin[pin.len() - 2..]), pin));
    }
}

/// The mask that everybody writes first.
pub(super) fn control() -> String {
    PINS.iter().map(|pin| format!("****{}", &pin[pin.len() - 4..])).collect()
}
