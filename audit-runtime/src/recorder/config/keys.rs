//! Every setting that `audited.toml` and the environment can make, one row each.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use audit_journal::OnDamage;
use audit_syntax::nearest;

use crate::recorder::{Mirror, RecorderBuilder};
use audit_redact::{HashKey, Keys, Tightness};

/// One setting: its name in the file, and what it may be.
pub(super) struct Key {
    /// The key, behind the name of its section and a full stop if it stands in one.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
}

/// What a setting may be, and the method of the builder that takes it.
pub(super) enum Kind {
    /// The journal's directory, which a builder begins with.
    Journal,
    Path(Apply<PathBuf>),
    /// A text of at most so many bytes.
    Text(usize, Apply<String>),
    /// The address of a syslog server.
    Syslog(Apply<String>),
    Number(RangeInclusive<u64>, Apply<u64>),
    /// One of a few words.
    Word(&'static [(&'static str, Change)]),
    /// A secret, named by the place where it is kept and never written here.
    Secret(Apply<HashKey>),
    /// A ring of keys, named likewise.
    Ring(Apply<Keys>),
    /// How tightly a class is redacted; the class's name stands in the place of the star.
    Class(Classify),
    /// For how many days records of a class are kept; no recorder needs it, but `audited retain`.
    Days,
}

/// What a word stands for.
pub(super) type Change = fn(RecorderBuilder) -> RecorderBuilder;

/// The method that takes a class and its tightness.
pub(super) type Classify = fn(RecorderBuilder, String, Tightness) -> RecorderBuilder;

/// The method that takes a value.
pub(super) type Apply<T> = fn(RecorderBuilder, T) -> RecorderBuilder;

/// A setting of the builder that has no row here fails a test.
pub(super) const KEYS: &[Key] = &[
    key("journal", Kind::Journal),
    key("origin", Kind::Text(200, |builder, name| builder.origin(name))),
    key("group", Kind::Number(0..=4_294_967_294, |builder, id| builder.group(id as u32))),
    key("key_file", Kind::Path(|builder, path| builder.key_file(path))),
    key("hash_key", Kind::Secret(|builder, key| builder.hash_key(key))),
    key("keys", Kind::Ring(|builder, keys| builder.keys(keys))),
    key("signing_key_file", Kind::Path(|builder, path| builder.signing_key_file(path))),
    key("anchor_directory", Kind::Path(|builder, path| builder.anchor_directory(path))),
    key("anchor_syslog", Kind::Syslog(|builder, address| builder.anchor_syslog(address))),
    key("witness_url", Kind::Text(1024, |builder, url| builder.witness_url(url))),
    key("witness_key", Kind::Text(1024, |builder, key| builder.witness_key(key))),
    key("witness_ca_file", Kind::Path(|builder, path| builder.witness_ca_file(path))),
    key(
        "anchor_every_ms",
        Kind::Number(1_000..=86_400_000, |builder, ms| builder.anchor_every_ms(ms)),
    ),
    key(
        "anchor_log_every_ms",
        Kind::Number(1_000..=86_400_000, |builder, ms| builder.anchor_log_every_ms(ms)),
    ),
    key(
        "anchor_age_ms_max",
        Kind::Number(1_000..=31_536_000_000, |builder, ms| builder.anchor_age_ms_max(ms)),
    ),
    key("wait_ms_max", Kind::Number(1..=3_600_000, |builder, ms| builder.wait_ms_max(ms))),
    key("heartbeat_ms", Kind::Number(1..=31_536_000_000, |builder, ms| builder.heartbeat_ms(ms))),
    key(
        "scopes_max",
        Kind::Number(1..=16_777_216, |builder, most| builder.scopes_max(most as usize)),
    ),
    key(
        "flood_source_max",
        Kind::Number(32..=u64::MAX, |builder, records| builder.flood_source_max(records)),
    ),
    key(
        "flood_total_max",
        Kind::Number(32..=u64::MAX, |builder, records| builder.flood_total_max(records)),
    ),
    key(
        "flood_logins",
        Kind::Word(&[
            ("record", |builder| builder.summarise_logins(false)),
            ("summarise", |builder| builder.summarise_logins(true)),
        ]),
    ),
    key("lock_wait_ms", Kind::Number(0..=3_600_000, |builder, ms| builder.lock_wait_ms(ms))),
    key(
        "on_damage",
        Kind::Word(&[
            ("refuse", |builder| builder.on_damage(OnDamage::Refuse)),
            ("new_epoch", |builder| builder.on_damage(OnDamage::NewEpoch)),
        ]),
    ),
    key(
        "retention_days_min",
        Kind::Number(0..=36_525, |builder, days| builder.retention_days_min(days as u32)),
    ),
    key(
        "queue_bytes_max",
        Kind::Number(131_072..=1_073_741_824, |builder, bytes| {
            builder.queue_bytes_max(bytes as usize)
        }),
    ),
    key(
        "segment_bytes_max",
        Kind::Number(65_536..=1_099_511_627_776, |builder, bytes| builder.segment_bytes_max(bytes)),
    ),
    key(
        "segment_age_ms_max",
        Kind::Number(1_000..=31_536_000_000, |builder, ms| {
            builder.segment_age_max(Duration::from_millis(ms))
        }),
    ),
    key(
        "mirror",
        Kind::Word(&[
            ("none", |builder| builder),
            ("stdout", |builder| builder.mirror(Mirror::Stdout)),
            ("tracing", |builder| builder.mirror(Mirror::Tracing)),
        ]),
    ),
    key("service.name", Kind::Text(128, |builder, name| builder.service_name(name.into()))),
    key("service.version", Kind::Text(128, |builder, text| builder.service_version(text.into()))),
    key("service.instance", Kind::Text(128, |builder, name| builder.instance(name))),
    key("class.*", Kind::Class(|builder, name, tightness| builder.class(name, tightness))),
    key("retention.default_days", Kind::Days),
    key("retention.*", Kind::Days),
];

const fn key(name: &'static str, kind: Kind) -> Key {
    Key { name, kind }
}

impl Key {
    /// The variable that makes the setting: `AUDIT_SERVICE__NAME` for `service.name`.
    pub(super) fn variable(&self) -> String {
        variable(self.name)
    }

    /// Two keys that speak of one setting and contradict each other.
    pub(super) const CONTRADICTIONS: &[(&str, &str)] = &[("key_file", "hash_key")];
}

/// Sections that belong to what reads the journal. A recorder leaves them alone: who reads them checks
/// them.
pub(super) const CONSUMERS: &[&str] = &["alerts"];

/// What the names of all variables begin with.
pub(super) const PREFIX: &str = "AUDIT_";

/// The key of this name.
pub(super) fn named(name: &str) -> Option<&'static Key> {
    let is_named = |key: &&Key| match key.name.strip_suffix('*') {
        Some(section) => {
            let class = name.strip_prefix(section).filter(|class| is_class(class));
            class.is_some_and(|class| !is_setting(class)) && sibling(name).is_none()
        }
        None => key.name == name,
    };
    KEYS.iter().find(is_named)
}

/// The key with a name of its own that was meant by a class of a section: `retention.default_days` by
/// `retention.default_day`, and `retention_days_min` by `retention.days_min`, which would be taken for
/// classes that no record has.
pub(super) fn sibling(name: &str) -> Option<&'static str> {
    let (section, class) = name.split_once('.')?;
    let outside = format!("{section}_{class}");
    if let Some(key) = KEYS.iter().find(|key| key.name == outside) {
        return Some(key.name);
    }
    let siblings = KEYS.iter().filter_map(|key| Some((key.name, key.name.split_once('.')?)));
    let mut siblings = siblings.filter(|(_, (of, known))| *of == section && *known != "*");
    siblings.find_map(|(whole, (_, known))| {
        let is_part = known.split('_').any(|part| part == class);
        let is_meant = known != class && (is_part || nearest(class, [known]).is_some());
        is_meant.then_some(whole)
    })
}

/// True for the name of a setting that stands in no section.
fn is_setting(name: &str) -> bool {
    KEYS.iter().any(|key| key.name == name)
}

/// The key that a variable makes, with its name: that of a class is written small.
pub(super) fn named_by(variable: &str) -> Option<(&'static Key, String)> {
    let name = variable.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
    let key = named(&name).filter(|_| self::variable(&name) == variable)?;
    Some((key, name))
}

/// The variable of the key of this name.
pub(super) fn variable(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase().replace('.', "__"))
}

/// True for what a class can be called, in the source as well.
fn is_class(name: &str) -> bool {
    let begins = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// True if keys stand in a section of this name.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.split_once('.').is_some_and(|(section, _)| section == name))
}
