//! The members of one object of a file of rules, each read once, and the mistakes in them.

use std::collections::BTreeSet;
use std::fmt;

use audit_syntax::nearest;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::meant;

const TEXTS_MAX: usize = 1_000;
const TEXT_BYTES_MAX: usize = 1_000;

/// Keys as others call them, in small letters, and as they are called here.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("window", "W"),
    ("timespan", "W"),
    ("timeframe", "W"),
    ("threshold", "n"),
    ("count", "n"),
    ("group_by", "by"),
    ("group-by", "by"),
    ("type", "kind"),
    ("name", "id"),
];

/// The members of an object that have not been read yet, and what was wrong with the others.
pub(super) struct Fields<'t> {
    /// The whole file, to tell lines.
    text: &'t str,
    /// The line that the object begins on.
    line: usize,
    members: Vec<Member<'t>>,
    is_object: bool,
    /// What the object is called in messages.
    name: String,
    mistakes: Vec<(usize, String)>,
    /// The keys that were asked for, which are those that there may be.
    asked: BTreeSet<String>,
}

/// What the words of a key may be.
pub(super) enum Words<'w> {
    /// These.
    Of(Vec<&'w str>),
    /// Others than can be listed: how one is written.
    Written(&'static str),
}

struct Member<'t> {
    name: String,
    value: &'t RawValue,
    is_read: bool,
}

impl<'t> Fields<'t> {
    pub(super) fn of(text: &'t str, raw: &'t RawValue) -> Self {
        let line = line_of(text, raw);
        let (members, name, mistakes) = (Vec::new(), String::new(), Vec::new());
        let asked = BTreeSet::new();
        let mut fields = Self { text, line, members, is_object: true, name, mistakes, asked };
        match serde_json::from_str::<Members<'t>>(raw.get()) {
            Ok(Members(members)) => fields.members = members,
            Err(_) => {
                fields.is_object = false;
                fields.mistake(line, "this is no object; write `{\"id\": …}`".to_owned());
            }
        }
        let id = fields.member("id").and_then(|id| serde_json::from_str::<String>(id.get()).ok());
        fields.name = id.map_or(String::new(), |id| format!("rule `{}`: ", shortened(&id)));
        fields.name_twins();
        fields
    }

    pub(super) fn line(&self) -> usize {
        self.line
    }

    pub(super) fn into_mistakes(self) -> Vec<(usize, String)> {
        self.mistakes
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.iter().any(|member| member.name == name)
    }

    /// Says that a member is missing.
    pub(super) fn require(&mut self, name: &str) {
        if !self.has(name) {
            self.lacks(&format!("`{name}`"));
        }
    }

    pub(super) fn lacks(&mut self, what: &str) {
        // What is no object lacks nothing more.
        if self.is_object {
            self.mistake(self.line, format!("{}{what} is missing; add it", self.name));
        }
    }

    /// Says what is wrong with a member.
    pub(super) fn wrong(&mut self, name: &str, what: &str) {
        let line = self.member(name).map_or(self.line, |value| line_of(self.text, value));
        self.mistake(line, format!("{}`{name}` {what}", self.name));
    }

    /// Takes members as read whatever they hold.
    pub(super) fn pass(&mut self, names: &[&str]) {
        let passed = self.members.iter_mut().filter(|member| names.contains(&&*member.name));
        passed.for_each(|member| member.is_read = true);
    }

    pub(super) fn passed<T>(&mut self, name: &str) -> Option<T> {
        self.pass(&[name]);
        None
    }

    pub(super) fn required(&mut self, name: &str, what: &str) -> Option<String> {
        self.require(name);
        self.read(name, &format!("must be {what}"))
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        let text: String = self.read(name, "must be a text")?;
        if text.is_empty() || text.len() > TEXT_BYTES_MAX {
            self.wrong(name, &format!("must have 1 to {TEXT_BYTES_MAX} bytes"));
        }
        Some(text)
    }

    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        self.read(name, "must be true or false")
    }

    pub(super) fn number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        self.require(name);
        self.optional_number(name, least, most)
    }

    pub(super) fn optional_number(&mut self, name: &str, least: u64, most: u64) -> Option<u64> {
        let what = format!("must be a whole number from {least} to {most}");
        let number: u64 = self.read(name, &what)?;
        if !(least..=most).contains(&number) {
            self.wrong(name, &what);
            return None;
        }
        Some(number)
    }

    /// One word that `parse` knows, of `words`.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        words: &[&str],
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let word: String = self.read(name, "must be a text")?;
        let known = parse(&word);
        if known.is_none() {
            self.wrong(name, &unknown(&word, words));
        }
        known
    }

    /// A list of texts, not empty.
    pub(super) fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let texts: Vec<String> = self.read(name, "must be a list of texts")?;
        let fits = |text: &String| !text.is_empty() && text.len() <= TEXT_BYTES_MAX;
        if texts.is_empty() || texts.len() > TEXTS_MAX || !texts.iter().all(fits) {
            self.wrong(
                name,
                &format!("must list 1 to {TEXTS_MAX} texts with 1 to {TEXT_BYTES_MAX} bytes each"),
            );
        }
        Some(texts)
    }

    /// One word or a list of words, all of which `parse` knows; `what` says what they may be.
    pub(super) fn words<T>(
        &mut self,
        name: &str,
        what: &Words<'_>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        let OneOrMore(words) = self.read(name, "must be a text or a list of texts")?;
        if words.is_empty() || words.len() > TEXTS_MAX {
            self.wrong(name, &format!("must have 1 to {TEXTS_MAX} texts"));
            return None;
        }
        let read = |word: &String| parse(word).ok_or_else(|| what.unknown(word));
        let known = words.iter().map(read).collect::<Result<Vec<T>, String>>();
        known.map_err(|told| self.wrong(name, &told)).ok()
    }

    /// An object inside.
    pub(super) fn inner<T>(&mut self, name: &str, read: fn(&mut Fields<'t>) -> T) -> Option<T> {
        let raw = self.take(name)?;
        Some(self.descend(name, raw, read))
    }

    /// A list of objects.
    pub(super) fn each<T>(&mut self, name: &str, read: fn(&mut Fields<'t>) -> T) -> Vec<T> {
        let Some(raw) = self.take(name) else {
            return Vec::new();
        };
        let Ok(all) = serde_json::from_str::<Vec<&'t RawValue>>(raw.get()) else {
            self.wrong(name, "must be a list of objects");
            return Vec::new();
        };
        if all.is_empty() || all.len() > TEXTS_MAX {
            self.wrong(name, &format!("must list 1 to {TEXTS_MAX} objects"));
        }
        all.into_iter().map(|raw| self.descend(name, raw, read)).collect()
    }

    /// Says which members nobody has asked for.
    pub(super) fn finish(&mut self) {
        let unread: Vec<_> = self.members.iter().filter(|member| !member.is_read).collect();
        let told: Vec<_> = unread
            .iter()
            .map(|member| {
                let advice = match self.meant(&member.name) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "remove it, or look in docs/detection.md how it is spelt".to_owned(),
                };
                let name = shortened(&member.name);
                let what =
                    format!("{}`{name}` is no key of this kind of rule; {advice}", self.name);
                (line_of(self.text, member.value), what)
            })
            .collect();
        self.mistakes.extend(told);
    }

    /// The key that was probably meant, of those that somebody has asked for.
    fn meant(&self, name: &str) -> Option<&str> {
        let small = name.to_lowercase();
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == small);
        let alike =
            self.asked.iter().map(String::as_str).find(|key| key.eq_ignore_ascii_case(name));
        let meant = alike.or_else(|| self.asked.get(other?.1).map(String::as_str));
        meant.or_else(|| nearest(name, self.asked.iter().map(String::as_str)))
    }

    fn descend<T>(&mut self, name: &str, raw: &'t RawValue, read: fn(&mut Fields<'t>) -> T) -> T {
        let mut inner = Fields::of(self.text, raw);
        inner.name = format!("{}`{name}`: ", self.name);
        let value = read(&mut inner);
        inner.finish();
        self.mistakes.append(&mut inner.mistakes);
        value
    }

    fn read<T: DeserializeOwned>(&mut self, name: &str, what: &str) -> Option<T> {
        let raw = self.take(name)?;
        let value = serde_json::from_str(raw.get()).ok();
        if value.is_none() {
            self.wrong(name, what);
        }
        value
    }

    fn take(&mut self, name: &str) -> Option<&'t RawValue> {
        self.asked.insert(name.to_owned());
        let member = self.members.iter_mut().find(|member| member.name == name)?;
        member.is_read = true;
        Some(member.value)
    }

    fn member(&self, name: &str) -> Option<&'t RawValue> {
        self.members.iter().find(|member| member.name == name).map(|member| member.value)
    }

    /// A member that is there twice is read once, and the other would do nothing.
    fn name_twins(&mut self) {
        for index in 0..self.members.len() {
            let Member { name, value, .. } = &self.members[index];
            if self.members[..index].iter().any(|member| member.name == *name) {
                let what = format!("{}`{}` is there twice; remove one", self.name, shortened(name));
                let line = line_of(self.text, value);
                self.members[index].is_read = true;
                self.mistake(line, what);
            }
        }
    }

    fn mistake(&mut self, line: usize, what: String) {
        self.mistakes.push((line, what));
    }
}

impl Words<'_> {
    fn unknown(&self, word: &str) -> String {
        match self {
            Self::Of(words) => unknown(word, words),
            Self::Written(form) => format!("has `{}`; write {form}", shortened(word)),
        }
    }
}

/// What is said of a word that is none of `words`.
fn unknown(word: &str, words: &[&str]) -> String {
    let shown = shortened(word);
    match meant::word(word, words) {
        Some(meant) => {
            format!("has the word `{shown}`, which is not known; did you mean `{meant}`?")
        }
        None => {
            format!("has the word `{shown}`, which is not known; write one of {}", words.join(", "))
        }
    }
}

/// The line on which a value begins that was borrowed from `text`.
fn line_of(text: &str, value: &RawValue) -> usize {
    let offset = (value.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// What somebody wrote, short enough for a message.
fn shortened(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}

struct OneOrMore(Vec<String>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            One(String),
            More(Vec<String>),
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::One(word) => vec![word],
            Form::More(words) => words,
        }))
    }
}

/// All members of an object in their order, also those that are there twice.
struct Members<'t>(Vec<Member<'t>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    members.push(Member { name, value, is_read: false });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All)
    }
}
