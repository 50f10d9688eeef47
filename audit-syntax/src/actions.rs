//! Names of actions: PascalCase, with a first word that tells what the action does.

/// The operation of an action whose first word is not listed.
const OTHER: &str = "execute";

/// First words, and the operation that each of them tells.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("create", &["Create", "Add", "Register", "Insert", "Upload"]),
    ("read", &["Get", "List", "Read", "View", "Show", "Find", "Search", "Download", "Fetch"]),
    ("update", &["Update", "Set", "Change", "Edit", "Rename", "Reset", "Enable", "Disable"]),
    ("delete", &["Delete", "Remove", "Revoke", "Purge"]),
];

/// True if `name` is a name in PascalCase: `UpdateUser`.
pub fn is_action_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

/// What an action of this name does: `create`, `read`, `update`, `delete`, or else `execute`.
pub fn operation(action: &str) -> &'static str {
    let word = first_word(action);
    let row = OPERATIONS.iter().find(|(_, words)| words.contains(&word));
    row.map_or(OTHER, |(operation, _)| operation)
}

/// The part before the second capital: `Set` of `SetRole`, but `Settle` of `SettleInvoice`.
fn first_word(name: &str) -> &str {
    let next = name.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
    next.map_or(name, |(at, _)| &name[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_operation() {
        let cases = [
            ("CreateUser", "create"),
            ("ListInvoices", "read"),
            ("Read", "read"),
            ("SetRole", "update"),
            ("RevokeToken", "delete"),
            ("SettleInvoice", "execute"),
            ("Login", "execute"),
            ("HTTPGet", "execute"),
        ];
        for (action, expected) in cases {
            assert_eq!(operation(action), expected, "{action}");
        }
    }

    #[test]
    fn names_are_in_pascal_case() {
        for name in ["UpdateUser", "A", "Get2"] {
            assert!(is_action_name(name), "{name}");
        }
        for name in ["", "updateUser", "Update User", "Update_User", "Ändern", "2Get"] {
            assert!(!is_action_name(name), "{name}");
        }
    }
}
