//! Reads a format string: which arguments it shows, and which only tell a width or a precision.

/// What a format string refers to.
#[derive(Default)]
pub(super) struct Format {
    /// The arguments that are shown.
    pub(super) values: Vec<Reference>,
    /// The arguments that are widths and precisions.
    pub(super) counts: Vec<Reference>,
}

/// An argument, by its place or by its name.
#[derive(Debug, PartialEq)]
pub(super) enum Reference {
    Index(usize),
    Name(String),
}

/// Reads the placeholders of `text`. What is no placeholder of Rust is read as far as it goes.
pub(super) fn read(text: &str) -> Format {
    let mut reader = Reader { rest: text, next: 0, format: Format::default() };
    while let Some((_, rest)) = reader.rest.split_once('{') {
        reader.rest = rest;
        if !reader.eat("{") {
            reader.placeholder();
        }
    }
    reader.format
}

struct Reader<'t> {
    rest: &'t str,
    /// The place of the next argument that is not named or numbered.
    next: usize,
    format: Format,
}

impl Reader<'_> {
    /// Reads what follows an opening brace, up to and with the closing one.
    fn placeholder(&mut self) {
        let written = self.argument();
        if self.eat(":") {
            self.specification();
        }
        // A precision of `.*` takes its argument before the value does.
        let value = written.unwrap_or_else(|| self.implicit());
        self.format.values.push(value);
        self.rest = self.rest.split_once('}').map_or("", |(_, rest)| rest);
    }

    fn specification(&mut self) {
        let mut characters = self.rest.chars();
        let fill = characters.next();
        if characters.next().is_some_and(is_alignment) {
            self.skip(fill);
        }
        self.eat_one("<^>");
        self.eat_one("+-");
        self.eat("#");
        if !self.rest.starts_with("0$") {
            self.eat("0");
        }
        self.count();
        if self.eat(".") {
            if self.eat("*") {
                let count = self.implicit();
                self.format.counts.push(count);
            } else {
                self.count();
            }
        }
    }

    /// Reads a width or a precision: a number, or an argument with `$` behind it.
    fn count(&mut self) {
        let before = self.rest;
        match self.argument() {
            Some(argument) if self.eat("$") => self.format.counts.push(argument),
            Some(Reference::Index(_)) => {}
            // The name was the type of the format: `x`, as in `{:x}`.
            _ => self.rest = before,
        }
    }

    fn argument(&mut self) -> Option<Reference> {
        let rest = self.rest.trim_start();
        let is_part = |c: char| c == '_' || c.is_alphabetic() || c.is_ascii_digit();
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest.trim_start();
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            return word.parse().ok().map(Reference::Index);
        }
        (!word.is_empty()).then(|| Reference::Name(word.to_owned()))
    }

    fn implicit(&mut self) -> Reference {
        self.next += 1;
        Reference::Index(self.next - 1)
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn eat_one(&mut self, characters: &str) {
        let first = self.rest.chars().next();
        self.skip(first.filter(|first| characters.contains(*first)));
    }

    fn skip(&mut self, character: Option<char>) {
        let length = character.map_or(0, char::len_utf8);
        self.rest = self.rest.get(length..).unwrap_or_default();
    }
}

fn is_alignment(character: char) -> bool {
    matches!(character, '<' | '^' | '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(references: &[Reference]) -> String {
        let words = references.iter().map(|reference| match reference {
            Reference::Index(index) => index.to_string(),
            Reference::Name(name) => name.clone(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Asserts for each line `text => values; counts`.
    #[test]
    fn placeholders_are_read() {
        let table = "
            nothing => ;
            {{}} {{x}} => ;
            {} {} => 0 1;
            { } {x } => 0 x;
            {1} {} {0} => 1 0 0;
            {x} {y:?} {z:#?} => x y z;
            {0:?} {x:x} {x:#X} => 0 x x;
            {:>width$} => 0; width
            {:>1$} {:0$} {:00$} => 0 1 2; 1 0 0
            {:5} {:05} {:<5.2} => 0 1 2;
            {:.*} => 1; 0
            {x:.*} {} => x 1; 0
            {:.prec$} {v:w$.p$?} => 0 v; prec w p
            {:}<5} {:{>5} {:é^w$} => 0 1 2; w
            {:+} {:#x} {:-^9} {:08.3e} => 0 1 2 3;
            {ünï} {_a} {r2} => ünï _a r2;
            {x:? => x;
            { => 0;
            }{x} => x;
            {=u8} {a:=?} => 0 a;
            {99999999999999999999999} => 0;
        ";
        for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (text, expected) = line.rsplit_once(" => ").expect("an arrow");
            let format = read(text);
            let found = format!("{}; {}", listed(&format.values), listed(&format.counts));
            assert_eq!(found.trim(), expected.trim(), "{text}");
        }
    }
}
