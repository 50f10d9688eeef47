//! The sentence that describes an action, with places for redacted values.

use super::Event;

/// A part of the sentence that describes an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands.
    Text(&'static str),
    /// The redacted value of a captured field.
    Field(&'static str),
    /// Who acts.
    Actor,
    /// What it is done to.
    Target,
}

/// Fills the places of `parts` with what `event` knows.
pub(super) fn render(parts: &[Part], event: &Event) -> String {
    let mut sentence = String::new();
    for part in parts {
        match part {
            Part::Text(text) => sentence.push_str(text),
            Part::Field(name) => sentence.push_str(&words(event.arguments.json_of(name))),
            Part::Actor => match &event.actor {
                Some(actor) => sentence.push_str(actor.label()),
                None => sentence.push_str("nobody"),
            },
            Part::Target => match event.targets.first() {
                Some(target) => {
                    sentence.push_str(target.kind());
                    sentence.push(' ');
                    sentence.push_str(target.id());
                }
                None => sentence.push_str("nothing"),
            },
        }
    }
    sentence
}

/// A captured value as words: strings without their quotes, everything else as JSON.
fn words(json: Option<&[u8]>) -> String {
    let json = json.unwrap_or_default();
    serde_json::from_slice(json).unwrap_or_else(|_| String::from_utf8_lossy(json).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Actor, Target};
    use audit_redact::public;

    #[test]
    fn places_are_filled_with_exact_redacted_values() {
        let event = Event::activity("Move")
            .actor(Actor::user("42").named("ada"))
            .target(Target::new("Account", 7))
            .field("reason", &public("\"why\" \u{1b}"))
            .field("amount", &u128::MAX)
            .field("limits", &vec![1_u32, 2])
            .succeeded();
        let parts = [
            Part::Actor,
            Part::Text(" moves "),
            Part::Field("amount"),
            Part::Text(" of "),
            Part::Target,
            Part::Text(" within "),
            Part::Field("limits"),
            Part::Text(": "),
            Part::Field("reason"),
        ];
        assert_eq!(
            render(&parts, &event),
            format!("ada moves {} of Account 7 within [1,2]: \"why\" \u{1b}", u128::MAX)
        );
    }
}
