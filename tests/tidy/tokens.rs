//! A file as a tree of tokens: blind to layout and comments, and never deceived by strings.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use crate::source::Source;

/// The tokens of a file; files that are no Rust at all would not have got past the compiler.
pub(crate) fn of(source: &Source) -> Vec<TokenTree> {
    let stream: TokenStream =
        source.text.parse().unwrap_or_else(|error| panic!("{}: {error}", source.path));
    stream.into_iter().collect()
}

/// The items of a file, for rules that ask what stands where.
pub(crate) fn parsed(source: &Source) -> syn::File {
    syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path))
}

/// The tokens that end up in a release: without `#[cfg(test)]` modules; none of a test file.
pub(crate) fn shipped(source: &Source) -> Vec<TokenTree> {
    if is_test_file(&source.path) {
        return Vec::new();
    }
    let all = of(source);
    let tests: Vec<usize> = test_modules(&all).into_iter().map(|(at, _)| at).collect();
    let kept = all.into_iter().enumerate().filter(|(index, _)| !tests.contains(index));
    kept.map(|(_, token)| token).collect()
}

/// The bodies of a file's `#[cfg(test)] mod name { … }`, with their places among `tokens`.
pub(crate) fn test_modules(tokens: &[TokenTree]) -> Vec<(usize, &Group)> {
    let mut found = Vec::new();
    for index in 0..tokens.len().saturating_sub(4) {
        if let [hash, TokenTree::Group(attribute), module, _, TokenTree::Group(body)] =
            &tokens[index..index + 5]
            && is_punct(hash, '#')
            && attribute.to_string().replace(' ', "") == "[cfg(test)]"
            && is_word(module, "mod")
        {
            found.push((index + 4, body));
        }
    }
    found
}

/// True for a module of tests that has a file of its own.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.ends_with("/tests.rs") || (path.contains("/src/") && path.contains("/tests/"))
}

/// Calls `visit` with `tokens` and with the tokens of every group inside.
pub(crate) fn each_level(tokens: &[TokenTree], visit: &mut impl FnMut(&[TokenTree])) {
    visit(tokens);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            let inner: Vec<_> = group.stream().into_iter().collect();
            each_level(&inner, visit);
        }
    }
}

/// The first names that a path goes on with after `::` at `at`: one, or those of `{a, b::c}`.
pub(crate) fn continuations(tokens: &[TokenTree], at: usize) -> Vec<(String, usize)> {
    let colons = tokens.get(at).zip(tokens.get(at + 1));
    if !colons.is_some_and(|(first, second)| is_punct(first, ':') && is_punct(second, ':')) {
        return Vec::new();
    }
    match tokens.get(at + 2) {
        Some(TokenTree::Ident(name)) => vec![(name.to_string(), line(&tokens[at + 2]))],
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            first_names(group)
        }
        _ => Vec::new(),
    }
}

/// The first name of each element of `{a, b::c, self}`.
fn first_names(group: &Group) -> Vec<(String, usize)> {
    let mut names = Vec::new();
    let mut starts = true;
    for token in group.stream() {
        if let (true, TokenTree::Ident(name)) = (starts, &token) {
            names.push((name.to_string(), line(&token)));
        }
        starts = is_punct(&token, ',');
    }
    names
}

/// True if the token is this punctuation.
pub(crate) fn is_punct(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == punct)
}

/// True if the token is this word.
pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(found) if found == word)
}

/// The token's line, from 1.
pub(crate) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}
