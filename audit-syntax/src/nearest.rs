//! The word that a misspelt one was probably meant to be.

use std::mem;

/// The known word that differs from `word` in a few letters only, if there is one.
///
/// ```
/// use audit_syntax::nearest;
///
/// assert_eq!(nearest("psuedonym", ["mask", "pseudonym"]), Some("pseudonym"));
/// assert_eq!(nearest("blur", ["mask", "pseudonym"]), None);
/// ```
pub fn nearest<W: AsRef<str> + Ord>(word: &str, known: impl IntoIterator<Item = W>) -> Option<W> {
    // What people mistype is short; anything else need not be compared.
    let letters_max = (word.len() <= 64).then_some(word.len() / 3)?;
    let measured = known.into_iter().map(|known| (distance(word, known.as_ref()), known));
    let (_, nearest) = measured.filter(|(letters, _)| *letters <= letters_max.min(3)).min()?;
    Some(nearest)
}

/// How many letters must be put in, left out, replaced or changed with their neighbour to make one
/// word of the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, from) in one.iter().enumerate() {
        let mut next = vec![line + 1];
        for (column, to) in other.iter().enumerate() {
            let replaced = row[column] + usize::from(from != to);
            let mut least = replaced.min(row[column + 1] + 1).min(next[column] + 1);
            let are_changed = line > 0 && column > 0 && one[line - 1] == *to;
            if are_changed && other[column - 1] == *from {
                least = least.min(before[column - 1] + 1);
            }
            next.push(least);
        }
        before = mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted() {
        for (one, other, expected) in [
            ("mask", "mask", 0),
            ("msk", "mask", 1),
            ("masked", "mask", 2),
            ("wiht", "with", 1),
            ("psuedonym", "pseudonym", 1),
            ("", "omit", 4),
            ("omit", "", 4),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_what_is_near_is_meant() {
        let known = ["card", "email", "ip"];
        assert_eq!(nearest("e_mail", known), Some("email"));
        assert_eq!(nearest("cadr", known), Some("card"));
        assert_eq!(nearest("iban", known), None);
        assert_eq!(nearest("", known), None);
        assert_eq!(nearest(&"e".repeat(65), known), None);
    }
}
