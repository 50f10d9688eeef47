//! Rule: journal and runtime, files and functions stay small, but for what is listed with a reason.

use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::source::Source;
use crate::tokens;

/// The lines of each crate without tests, by docs/adr/0009-the-journal-is-a-crate.md,
/// docs/adr/0010-redaction-is-a-crate.md and docs/adr/0013-the-guard-is-a-crate.md,
/// docs/adr/0014-consumers-pass-over-damage.md, docs/adr/0016-the-watermark-vouches-for-the-last-record.md
/// docs/adr/0017-one-exchange-for-all-frameworks.md, docs/adr/0018-users-test-what-they-audit.md,
/// docs/adr/0023-what-a-whole-service-needs.md, docs/adr/0024-the-forms-of-the-log-are-a-crate.md,
/// docs/adr/0025-what-signing-a-journal-takes.md, docs/adr/0027-what-trusting-a-journal-takes.md and
/// docs/adr/0028-live-secrets-are-fingerprints.md.
const CRATE_LINES_MAX: &[(&str, usize)] = &[
    ("audit-anchor", 1_300),
    ("audit-guard", 4_300),
    ("audit-journal", 15_100),
    ("audit-redact", 7_750),
    ("audit-runtime", 21_600),
    ("audit-tlog", 1_050),
];
const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;

/// Files that are longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Functions that are longer, each with its file and the reason.
const LONG_FUNCTIONS: &[(&str, &str, &str)] = &[(
    "audit-runtime/src/record/tests.rs",
    "an_authorization_reads_back_with_all_its_parts",
    "one event with every part there is, and one assertion for each",
)];

pub(crate) fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = long_files(sources);
    findings.extend(sources.iter().flat_map(long_functions));
    findings.extend(large_crates(sources));
    findings
}

fn long_files(sources: &[Source]) -> Vec<String> {
    let long = sources.iter().filter_map(|source| {
        let lines = source.text.lines().count();
        let listed = LONG_FILES.iter().any(|(path, _)| *path == source.path);
        (lines > FILE_LINES_MAX && !listed).then(|| {
            format!(
                "{}:{lines}: the file has more than {FILE_LINES_MAX} lines; split it by idea, or \
                 list it with a reason in tests/tidy/size.rs",
                source.path
            )
        })
    });
    long.collect()
}

fn long_functions(source: &Source) -> Vec<String> {
    if source.is_ui_case() {
        return Vec::new();
    }
    let mut functions = Functions::default();
    functions.visit_file(&tokens::parsed(source));
    let long = functions.0.into_iter().filter(|(name, _, lines)| {
        let listed = |(path, known, _): &(&str, &str, &str)| *path == source.path && known == name;
        *lines > FUNCTION_LINES_MAX && !LONG_FUNCTIONS.iter().any(listed)
    });
    let told = long.map(|(name, line, lines)| {
        format!(
            "{}:{line}: `{name}` has {lines} lines, more than {FUNCTION_LINES_MAX}; split it by \
             idea, or list it with a reason in tests/tidy/size.rs",
            source.path
        )
    });
    told.collect()
}

/// Name, first line and length of every function with a body.
#[derive(Default)]
struct Functions(Vec<(String, usize, usize)>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.span().start().line;
        let last = body.span().end().line;
        self.0.push((signature.ident.to_string(), first, last + 1 - first));
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.add(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.add(&function.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

fn large_crates(sources: &[Source]) -> Vec<String> {
    let large = CRATE_LINES_MAX.iter().filter_map(|(name, lines_max)| {
        let place = format!("{name}/src/");
        let own = sources.iter().filter(|source| source.path.starts_with(&place));
        let lines: usize = own.map(shipped_lines).sum();
        (lines > *lines_max).then(|| {
            format!(
                "{name}/src: {lines} lines without tests, more than {lines_max}; take something \
                 out, or write down in docs/adr why it must grow"
            )
        })
    });
    large.collect()
}

/// The lines of a file outside its modules of tests.
fn shipped_lines(source: &Source) -> usize {
    if tokens::is_test_file(&source.path) {
        return 0;
    }
    let tokens = tokens::of(source);
    let tests = tokens::test_modules(&tokens).into_iter().map(|(_, body)| {
        let span = body.span();
        // The attribute's line goes with the module.
        span.end().line + 2 - span.start().line
    });
    source.text.lines().count() - tests.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_and_a_long_function_are_reported() {
        let long_file = Source::new("a.rs", &"\n".repeat(FILE_LINES_MAX + 1));
        let body = "f();\n".repeat(FUNCTION_LINES_MAX);
        let long_function = Source::new("b.rs", &format!("impl A {{ fn long() {{\n{body}}} }}"));
        let fitting = "f();\n".repeat(FUNCTION_LINES_MAX - 2);
        let short_function = Source::new("c.rs", &format!("fn short() {{\n{fitting}}}"));
        let findings = check(&[long_file, long_function, short_function]);
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[0].starts_with("a.rs:401:"), "{findings:?}");
        assert!(findings[1].starts_with("b.rs:1: `long` has 72 lines"), "{findings:?}");
    }

    #[test]
    fn a_large_crate_is_reported_and_its_tests_do_not_count() {
        for (name, lines_max) in CRATE_LINES_MAX {
            let code = "fn f() {}\n".repeat(*lines_max);
            let tests = "#[cfg(test)]\nmod tests {\n\n}\n";
            let fits = Source::new(&format!("{name}/src/a.rs"), &format!("{code}{tests}"));
            assert_eq!(large_crates(std::slice::from_ref(&fits)), [""; 0]);
            let own_file = Source::new(&format!("{name}/src/b/tests.rs"), &code);
            assert_eq!(large_crates(&[fits.clone(), own_file]), [""; 0]);
            let more = Source::new(&format!("{name}/src/b.rs"), "fn g() {}\n");
            assert_eq!(large_crates(&[fits, more]).len(), 1);
        }
    }
}
