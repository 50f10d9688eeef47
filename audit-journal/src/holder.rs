//! What a writer says of itself in the lock's file.

use crate::control::WRITER_BYTES_MAX;
use crate::encode::Object;
use crate::storage::UNNAMED;
use crate::time::Timestamp;

/// What the lock's file says about its holder, and whether that is a visitor.
pub(super) fn text(writer: &str, since: Timestamp, is_visit: bool) -> String {
    let mut out = vec![b'{'];
    let mut holder = Object::members(&mut out);
    holder.number("pid", std::process::id().into());
    holder.text("writer", writer, WRITER_BYTES_MAX);
    holder.time("since", since);
    if is_visit {
        holder.flag("visit", true);
    }
    out.push(b'}');
    String::from_utf8_lossy(&out).into_owned()
}

/// The holder in words, from what the lock's file says; the file's own text if it is something else.
pub(super) fn in_words(text: &str) -> String {
    let told: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let words = told.as_ref().and_then(|holder| {
        let writer = holder["writer"].as_str()?.escape_debug();
        let since = holder["since"].as_str()?.escape_debug();
        Some(format!("{writer}, process {}, since {since}", holder["pid"].as_u64()?))
    });
    words.unwrap_or_else(|| text.escape_debug().to_string())
}

/// True if the lock's file names a visitor, or nobody yet.
pub(super) fn is_visitor(text: &str) -> bool {
    let told: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let is_unsaid = text == UNNAMED || text.starts_with('{');
    told.map_or(is_unsaid, |holder| holder["visit"] == true)
}
