//! How lists are gone through, whatever they hold, and how a path names what is in a map.

use super::Differences;

/// Compares two lists: what is the same at their beginnings and ends stands aside, so that one
/// element more or less is one difference, and the rest is compared place by place.
pub(super) fn list<T>(
    (before, after): (&[T], &[T]),
    into: &mut Differences<'_>,
    is_same: impl Fn(&Differences<'_>, &T, &T) -> bool,
    tell: impl Fn(&mut Differences<'_>, &str, Option<&T>, Option<&T>),
) {
    let (mut start, mut end) = (0, 0);
    // Who only asks needs no places, and asks each element once: lists may stand in each other.
    if !into.asks {
        let is_same = |(before, after): &(&T, &T)| is_same(into, before, after);
        start = before.iter().zip(after).take_while(is_same).count();
        let rest = before[start..].iter().rev().zip(after[start..].iter().rev());
        end = rest.take_while(is_same).count();
    }
    let (before, after) = (&before[start..before.len() - end], &after[start..after.len() - end]);
    for at in 0..before.len().max(after.len()) {
        if into.is_settled() {
            return;
        }
        tell(into, &format!("[{}]", start + at), before.get(at), after.get(at));
    }
}

/// The step of a path that a key is: `limit` where it is a word, `["a key"]` where it is not.
pub(super) fn key(text: &str) -> String {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match !text.is_empty() && text.bytes().all(is_word) {
        true => text.to_owned(),
        false => format!("[{text:?}]"),
    }
}
