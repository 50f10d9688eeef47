//! The machine-readable name of an action, made of the name that people read.

/// `UpdateUserRole` is `user_role.update`: the noun, then what is done to it.
pub(super) fn dotted(action: &str) -> String {
    let (verb, noun) = action.split_at(verb_length(action));
    let mut name = String::with_capacity(action.len() + 8);
    push_words(&mut name, noun);
    if !noun.is_empty() {
        name.push('.');
    }
    push_words(&mut name, verb);
    name
}

/// The bytes before the first capital that follows something else.
fn verb_length(action: &str) -> usize {
    let bytes = action.as_bytes();
    let starts_noun = |pair: &[u8]| !pair[0].is_ascii_uppercase() && pair[1].is_ascii_uppercase();
    let verb = bytes.windows(2).position(starts_noun);
    verb.map_or(bytes.len(), |before| before + 1)
}

/// Appends words in capitals as words in small letters with underscores between them. Only the
/// letters of ASCII are told apart; others stay as they are.
fn push_words(name: &mut String, words: &str) {
    let mut rest = words;
    while !rest.is_empty() {
        let (word, next) = rest.split_at(verb_length(rest));
        let start = name.len();
        name.push_str(word);
        name[start..].make_ascii_lowercase();
        if !next.is_empty() {
            name.push('_');
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_put_the_noun_first() {
        let cases = [
            ("UpdateUser", "user.update"),
            ("UpdateUserRole", "user_role.update"),
            ("Login", "login"),
            ("ExportCSV", "csv.export"),
            ("", ""),
            ("a", "a"),
            ("ÜberPrüfen", "prüfen.Über"),
        ];
        for (action, name) in cases {
            assert_eq!(dotted(action), name);
        }
    }
}
