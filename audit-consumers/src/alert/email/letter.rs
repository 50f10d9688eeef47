//! A message as an e-mail: text and HTML, and headers that nobody outside can add to.

use lettre::Message as Letter;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};

use crate::alert::{DeliveryError, Message, form};

/// What receivers may sort by: the id of the alert, the same in every copy.
const ID: HeaderName = HeaderName::new_from_ascii_str("X-Audit-Alert-Id");

/// Keeps absence notices from answering (RFC 3834).
const AUTOMATIC: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

pub(super) fn letter(
    message: &Message,
    from: &Mailbox,
    to: &[Mailbox],
) -> Result<Letter, DeliveryError> {
    let part = |kind: ContentType, text: String| SinglePart::builder().header(kind).body(text);
    let mut builder = Letter::builder()
        .from(from.clone())
        .subject(subject(message))
        // A copy has the same, so mailboxes that know it show one.
        .message_id(Some(format!("<{}@{}>", message_token(&message.id), from.email.domain())))
        .raw_header(HeaderValue::new(ID, message.id.clone()))
        .raw_header(HeaderValue::new(AUTOMATIC, "auto-generated".to_owned()));
    for recipient in to {
        builder = builder.to(recipient.clone());
    }
    let body = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, form::plain(message)))
        .singlepart(part(ContentType::TEXT_HTML, form::html(message)));
    let letter = builder.multipart(body);
    letter.map_err(|error| DeliveryError::permanent(format!("the e-mail cannot be made: {error}")))
}

/// The subject without what reads like an encoded word (RFC 2047), which receivers would decode: to
/// whatever characters it hides.
fn subject(message: &Message) -> String {
    message.subject().replace("=?", "= ?")
}

/// The id as the left side of a Message-ID (RFC 5322), which takes no colon.
fn message_token(id: &str) -> String {
    id.replace(':', "_")
}
