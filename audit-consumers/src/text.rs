//! Texts within their bounds, and what in them would deceive a reader.

use unicode_normalization::char::is_combining_mark;

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

/// How many columns of a terminal the text takes: two for each wide character, none for one that is put onto
/// the one before it.
///
/// It goes by the blocks of Unicode that are wide as a whole (East Asian Width, UAX #11, and emoji), and
/// knows neither the single wide symbols of other blocks nor emoji that are joined of several.
pub fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// How many columns of a terminal a character takes.
pub fn width(character: char) -> usize {
    if character < '\u{300}' {
        return 1;
    }
    let is_wide = matches!(character,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{16fe0}'..='\u{18aff}'
        | '\u{1b000}'..='\u{1b2ff}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}');
    match is_wide {
        _ if is_combining_mark(character) => 0,
        true => 2,
        false => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::{columns, cut, is_deceptive};

    #[test]
    fn wide_characters_take_two_columns_and_marks_none() {
        assert_eq!(columns("Zoë \u{5b}x]"), 7);
        assert_eq!(columns("漢字"), 4);
        assert_eq!(columns("e\u{301}"), 1);
        assert_eq!(columns("🦀 가 Ａ"), 8);
    }

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
