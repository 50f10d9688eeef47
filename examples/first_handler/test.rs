//! The guide for newcomers shows its service as it stands beside this, and that does what the guide says.

const GUIDE: &str = include_str!("../../docs/getting-started.md");
const SERVICE: &str = include_str!("main.rs");

#[test]
fn the_guide_shows_the_service_and_its_test_as_they_are() {
    let (_, code) = SERVICE.split_once("\n\n").unwrap_or_default();
    let (service, test) = code.split_once("\n#[cfg(test)]").unwrap_or_default();
    let (service, test) = (service.to_owned(), format!("#[cfg(test)]{test}"));
    for (code, mark) in [(service, "rust,no_run"), (test, "rust")] {
        assert!(code.lines().count() > 20, "the service has no code");
        let block = format!("```{mark}\n{code}```\n");
        assert!(
            GUIDE.contains(&block),
            "docs/getting-started.md differs from examples/first_handler/main.rs; it must contain:\n{block}"
        );
    }
}
