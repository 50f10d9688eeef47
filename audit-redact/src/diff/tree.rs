//! Compares what is shown as it is, by the JSON that it is written as.

use serde_json::Value;

use super::{Differences, Form, walk};

/// Tells each place in which two JSON values differ.
pub(super) fn compare(before: &Value, after: &Value, into: &mut Differences<'_>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                at(into, &walk::key(key), Some(value), new.get(key));
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                at(into, &walk::key(key), None, Some(value));
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            walk::list((old, new), into, |_, old, new| old == new, at);
        }
        _ if before != after => _ = into.tell(Some(&form(before)), Some(&form(after))),
        _ => {}
    }
}

fn at(into: &mut Differences<'_>, step: &str, before: Option<&Value>, after: Option<&Value>) {
    into.at(step, |into| match (before, after) {
        (Some(before), Some(after)) => compare(before, after, into),
        _ => {
            let (before, after) = (before.map(form), after.map(form));
            into.tell(before.as_ref().map(|f| f as _), after.as_ref().map(|f| f as _));
        }
    });
}

fn form(value: &Value) -> impl Fn(&mut Form<'_>) {
    |form| form.put(value)
}
