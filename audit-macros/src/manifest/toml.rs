//! Reads the keys of a manifest and where their values stand, and no more of TOML than that.

/// `key = value`, under its whole path.
#[derive(Debug, PartialEq)]
pub(super) struct Assignment<'a> {
    pub(super) path: Vec<String>,
    /// The value as it is written.
    pub(super) value: &'a str,
    pub(super) line: usize,
}

/// A place that is not understood.
#[derive(Debug, PartialEq)]
pub(super) struct Unclear {
    pub(super) line: usize,
    pub(super) what: &'static str,
}

/// All assignments of a document, those of inline tables one by one; a table that only stands there
/// is one without a value.
pub(super) fn assignments(text: &str) -> Result<Vec<Assignment<'_>>, Unclear> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    let mut section = Vec::new();
    while reader.skip_blank() {
        let line = reader.line();
        if reader.takes("[") {
            let is_list = reader.takes("[");
            section = reader.key()?;
            reader.expect(if is_list { "]]" } else { "]" })?;
            found.push(Assignment { path: section.clone(), value: "", line });
        } else {
            reader.assignment(&section, &mut found, false)?;
        }
    }
    Ok(found)
}

/// The texts in a list of texts.
pub(super) fn strings(value: &str) -> Vec<String> {
    let mut reader = Reader { text: value, at: 0 };
    let mut found = Vec::new();
    while let Some(next) = reader.peek() {
        match next {
            '"' | '\'' => match reader.string() {
                Ok(text) => found.push(text.to_owned()),
                Err(_) => break,
            },
            '#' => reader.skip_line(),
            _ => reader.at += next.len_utf8(),
        }
    }
    found
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads `key = value`; the parts of an inline table are assignments of their own.
    fn assignment(
        &mut self,
        section: &[String],
        found: &mut Vec<Assignment<'a>>,
        is_inline: bool,
    ) -> Result<(), Unclear> {
        let line = self.line();
        let mut path = section.to_vec();
        path.extend(self.key()?);
        self.expect("=")?;
        self.skip_spaces();
        if self.takes("{") {
            while self.skip_blank() && !self.takes("}") {
                self.assignment(&path, found, true)?;
                self.skip_blank();
                self.takes(",");
            }
            return Ok(());
        }
        let value = self.value(is_inline)?;
        found.push(Assignment { path, value, line });
        Ok(())
    }

    /// A key of one or more parts.
    fn key(&mut self) -> Result<Vec<String>, Unclear> {
        let mut parts = Vec::new();
        loop {
            self.skip_spaces();
            if matches!(self.peek(), Some('"' | '\'')) {
                parts.push(self.string()?.to_owned());
            } else {
                let rest = &self.text[self.at..];
                let is_bare = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
                let end = rest.find(|c| !is_bare(c)).unwrap_or(rest.len());
                if end == 0 {
                    return Err(self.unclear("this is no key"));
                }
                parts.push(rest[..end].to_owned());
                self.at += end;
            }
            self.skip_spaces();
            if !self.takes(".") {
                return Ok(parts);
            }
        }
    }

    /// Passes over a value, which ends with its line, or with its place in an inline table.
    fn value(&mut self, is_inline: bool) -> Result<&'a str, Unclear> {
        let start = self.at;
        let mut depth = 0_usize;
        while let Some(next) = self.peek() {
            match next {
                '"' | '\'' => {
                    self.string()?;
                    continue;
                }
                '\n' if depth == 0 => break,
                ',' | '}' if depth == 0 && is_inline => break,
                '#' if depth == 0 => break,
                '#' => {
                    self.skip_line();
                    continue;
                }
                '[' | '{' => depth += 1,
                ']' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += next.len_utf8();
        }
        let value = self.text[start..self.at].trim();
        match depth {
            0 if !value.is_empty() => Ok(value),
            _ => Err(self.unclear("this value has no end")),
        }
    }

    /// A text in quotes of either kind, without them; one with escapes is given as it is written.
    fn string(&mut self) -> Result<&'a str, Unclear> {
        let rest = &self.text[self.at..];
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote));
        let quote = quote.ok_or_else(|| self.unclear("this is no text"))?;
        let escapes = quote.starts_with('"');
        let mut at = quote.len();
        while !rest[at..].starts_with(quote) {
            let Some(next) = rest[at..].chars().next() else {
                return Err(self.unclear("this text has no end"));
            };
            at += next.len_utf8();
            if next == '\\' && escapes {
                at += rest[at..].chars().next().map_or(0, char::len_utf8);
            }
        }
        self.at += at + quote.len();
        Ok(&rest[quote.len()..at])
    }

    fn expect(&mut self, token: &'static str) -> Result<(), Unclear> {
        self.skip_spaces();
        if self.takes(token) { Ok(()) } else { Err(self.unclear("this is no `key = value`")) }
    }

    fn takes(&mut self, token: &str) -> bool {
        let is_there = self.text[self.at..].starts_with(token);
        self.at += if is_there { token.len() } else { 0 };
        is_there
    }

    /// Passes over spaces, lines and comments; false at the end of the text.
    fn skip_blank(&mut self) -> bool {
        while let Some(next) = self.peek() {
            match next {
                '#' => self.skip_line(),
                next if next.is_whitespace() || next == '\u{feff}' => self.at += next.len_utf8(),
                _ => return true,
            }
        }
        false
    }

    fn skip_spaces(&mut self) {
        while let Some(' ' | '\t') = self.peek() {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn line(&self) -> usize {
        self.text[..self.at].matches('\n').count() + 1
    }

    fn unclear(&self, what: &'static str) -> Unclear {
        Unclear { line: self.line(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_key_is_read() {
        for text in [
            "[workspace.metadata.audited]\nstrict = true",
            "[workspace]\nmetadata.audited.strict=true # why\n",
            "[workspace]\nmetadata = { other = { strict = [1, 2] }, audited = { strict = true } }",
            "[ workspace . \"metadata\" ]\n'audited'.strict = true",
            "workspace.metadata.audited = { strict = true,\n}\r\n",
            "[[bin]]\nname = \"a\"\n[workspace.metadata]\r\naudited = {strict=true}\r\n",
        ] {
            let found = assignments(text).unwrap();
            let strict =
                found.iter().find(|a| a.path.join(".") == "workspace.metadata.audited.strict");
            assert_eq!(strict.map(|a| a.value), Some("true"), "{text}: {found:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_key_is_passed_over() {
        let text = "a = \"\"\"\n[workspace.metadata.audited]\nstrict = true\n\"\"\"\nb = [ # strict = 1\n  \
                    '[x]', { strict = true },\n]\nc = '\\' # d\n";
        let found = assignments(text).unwrap();
        let found: Vec<(String, &str)> =
            found.iter().map(|a| (a.path.join("."), a.value)).collect();
        let expected = [
            ("a".to_owned(), "\"\"\"\n[workspace.metadata.audited]\nstrict = true\n\"\"\""),
            ("b".to_owned(), "[ # strict = 1\n  '[x]', { strict = true },\n]"),
            ("c".to_owned(), "'\\'"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_understood_is_named_by_its_line() {
        for (text, line) in
            [("a = 1\nb", 2), ("a = [1\n", 2), ("\n= 1", 2), ("a = \"x", 1), ("a =", 1)]
        {
            assert_eq!(assignments(text).map_err(|unclear| unclear.line), Err(line), "{text}");
        }
    }

    #[test]
    fn the_texts_of_a_list_are_read() {
        assert_eq!(strings("[\"a\", 'b/c', # 'd'\n\"e\"]"), ["a", "b/c", "e"]);
    }
}
