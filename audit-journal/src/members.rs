//! Checks that a line is one JSON object, in which the journal's own names stand once.

mod plain;

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use super::error::Refusal;

/// The names that the journal uses itself at the top of a line.
const OWN: [&str; 6] = ["v", "seq", "observed", "boot", "mono", "h"];

/// Checks a whole line that has the journal's form, with its `body`.
pub(super) fn check_line(line: &[u8], body: &[u8]) -> Result<(), String> {
    if plain::are_members(body) {
        return Ok(());
    }
    let flawed = |what: &dyn fmt::Display| {
        Err(format!("it is not one JSON object with the journal's names: {what}"))
    };
    let counts = match count_own(line) {
        Ok(counts) => counts,
        Err(error) => return flawed(&error),
    };
    match counts.iter().position(|count| *count != 1) {
        None => Ok(()),
        Some(place) => {
            flawed(&format_args!("`{}` stands there {} times", OWN[place], counts[place]))
        }
    }
}

/// Checks a body, which has none of the journal's own names; control bytes have been refused before.
pub(super) fn check_body(body: &[u8]) -> Result<(), Refusal> {
    if plain::are_members(body) {
        return Ok(());
    }
    let object = [b"{", body, b"}"].concat();
    // Columns count from 1, and the brace is one of them.
    let counts = count_own(&object)
        .map_err(|error| Refusal::NotMembers { offset: error.column().saturating_sub(2) })?;
    match counts.iter().position(|count| *count != 0) {
        None => Ok(()),
        Some(place) => Err(Refusal::Reserved { name: OWN[place] }),
    }
}

fn count_own(json: &[u8]) -> Result<[u32; OWN.len()], serde_json::Error> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let counts = parser.deserialize_map(OwnNames)?;
    parser.end().map(|()| counts)
}

struct OwnNames;

impl<'de> Visitor<'de> for OwnNames {
    type Value = [u32; OWN.len()];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut counts = [0; OWN.len()];
        while let Some(name) = members.next_key::<Cow<'_, str>>()? {
            members.next_value::<IgnoredAny>()?;
            if let Some(place) = OWN.iter().position(|own| *own == name) {
                counts[place] += 1;
            }
        }
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_the_inside_of_one_object_without_the_journals_names() {
        for good in ["\"a\":1", "\"a\":{\"seq\":1,\"h\":[]},\"b\":null"] {
            assert_eq!(check_body(good.as_bytes()), Ok(()), "{good}");
        }
        for (bad, offset) in
            [("no json", 0), ("\"a\":1},{\"b\":2", 6), ("\"a\":01", 5), ("\"a\"", 3)]
        {
            let refusal = Refusal::NotMembers { offset };
            assert_eq!(check_body(bad.as_bytes()), Err(refusal), "{bad}");
        }
        for name in OWN {
            let body = format!("\"a\":1,\"{name}\":2");
            assert_eq!(check_body(body.as_bytes()), Err(Refusal::Reserved { name }));
        }
        let escaped = check_body(br#""\u0073eq":1"#);
        assert_eq!(escaped, Err(Refusal::Reserved { name: "seq" }));
    }
}
