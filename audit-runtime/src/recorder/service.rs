//! The service that records: how its records and its lock name it.

use std::borrow::Cow;

use audit_journal::encode::Object;

/// The longest text of a service's own name, version or instance, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// Name, version and instance, as far as they were set.
#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) name: Option<Cow<'static, str>>,
    pub(super) version: Option<Cow<'static, str>>,
    pub(super) instance: Option<Cow<'static, str>>,
}

impl Service {
    /// The service as the JSON object that every record carries.
    pub(super) fn encode(&self) -> Vec<u8> {
        let host = host();
        let known = [
            ("name", self.name.as_deref()),
            ("version", self.version.as_deref()),
            ("instance", self.instance.as_deref()),
            ("host", host.as_deref()),
        ];
        let mut json = b"{".to_vec();
        let mut object = Object::members(&mut json);
        for (key, text) in known {
            if let Some(text) = text {
                object.text(key, text, NAME_BYTES_MAX);
            }
        }
        json.push(b'}');
        json
    }

    /// How the journal's lock and start records name this process.
    pub(super) fn writer(&self) -> String {
        match (&self.name, &self.version) {
            (Some(name), Some(version)) => format!("{name} {version}"),
            (Some(name), None) => name.to_string(),
            (None, _) => concat!("audit-runtime ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The machine's name, where the system tells it without a system call of its own.
fn host() -> Option<String> {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = told.or_else(|| std::env::var("HOSTNAME").ok());
    let told = told.or_else(|| std::env::var("COMPUTERNAME").ok())?;
    let name = told.trim();
    (!name.is_empty()).then(|| name.to_owned())
}
