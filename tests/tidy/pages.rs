//! Rule: a decision fits on one page, and the map of the code on a few.

use crate::source::Source;

/// Where pages lie and how many lines they may have.
const PAGES: &[(&str, usize)] = &[("docs/adr/", 60), ("ARCHITECTURE.md", 250)];

pub(crate) fn check(texts: &[Source]) -> Vec<String> {
    texts.iter().filter_map(check_page).collect()
}

fn check_page(text: &Source) -> Option<String> {
    let (_, most) = PAGES.iter().find(|(place, _)| text.path.starts_with(place))?;
    let lines = text.text.lines().count();
    (lines > *most)
        .then(|| format!("{}:{lines}: the page has more than {most} lines; say less", text.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_page_is_reported() {
        let page = |path: &str, lines: usize| Source::new(path, &"line\n".repeat(lines));
        let pages = [
            page("docs/adr/0001-short.md", 60),
            page("docs/adr/0002-long.md", 61),
            page("ARCHITECTURE.md", 251),
            page("README.md", 1000),
        ];
        assert_eq!(check(&pages).len(), 2);
    }
}
