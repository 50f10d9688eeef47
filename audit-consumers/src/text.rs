//! Texts within their bounds.

/// The longest beginning of `text` that has no more than `bytes_max` bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let ends = text.char_indices().map(|(at, char)| at + char.len_utf8());
    let end = if text.len() <= bytes_max {
        text.len()
    } else {
        ends.take_while(|end| *end <= bytes_max).last().unwrap_or(0)
    };
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_text_is_cut_between_two_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("aéb", 2), "a");
        assert_eq!(cut("é", 1), "");
    }
}
