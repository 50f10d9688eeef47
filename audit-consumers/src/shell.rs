//! Paths as a shell takes them, for the commands that messages name.

use std::path::Path;

/// The path in quotes, so that nothing in it is more than a part of it.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_path_ends_its_quotes() {
        assert_eq!(quoted(Path::new("/a b/it's; rm -r $HOME")), r"'/a b/it'\''s; rm -r $HOME'");
    }
}
