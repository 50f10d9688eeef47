//! Texts within their bounds, and what in them would deceive a reader.

/// The longest beginning of `text` that has no more than `bytes_max` bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = bytes_max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// True for a character that deceives who reads it: controls, separators of lines and paragraphs, what sets
/// the direction, and what is not seen at all.
///
/// Of Unicode's `Default_Ignorable_Code_Point` these are all that a text can hide behind.
pub fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{cut, is_deceptive};

    #[test]
    fn a_text_is_cut_between_two_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("aéb", 2), "a");
        assert_eq!(cut("é", 1), "");
    }

    #[test]
    fn what_is_not_seen_deceives_and_letters_do_not() {
        assert!("\u{34f}\u{fe0f}\u{3164}\u{e0101}\u{202e}\u{1b}\n".chars().all(is_deceptive));
        assert!(!"Zoë 漢 😀 [] <b> é".chars().any(is_deceptive));
    }
}
