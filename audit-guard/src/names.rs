//! What the names of a text are, each looked up once: a text may repeat one a thousand times.

/// True if the value of a field is a secret by its name. The last part of a path says what it is.
pub(crate) fn is_secret(name: &str) -> bool {
    audit_syntax::sensitive_part(last(name)).is_some_and(|term| !is_address(term))
}

/// The same of a number.
pub(crate) fn is_secret_number(name: &str) -> bool {
    audit_syntax::sensitive_part_of_number(last(name)).is_some()
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or_default()
}

/// True for a term whose value is an address, which may hold a secret and is none.
pub(crate) fn is_address(term: &str) -> bool {
    ["_url", "_uri", "_link"].iter().any(|end| term.ends_with(end))
        || term == "dsn"
        || term.starts_with("connection")
}

/// How many names are remembered; a power of two.
const SLOTS: usize = 64;

/// The names that were looked up last.
#[derive(Default)]
pub(crate) struct Names<'t> {
    /// Empty until the first name. A name has one slot, and takes it from the name before it.
    known: Vec<Option<(&'t str, Option<&'static str>)>>,
    #[cfg(test)]
    pub(crate) looked_up: usize,
}

impl<'t> Names<'t> {
    /// The term that makes a name sensitive, or none.
    pub(crate) fn term(&mut self, name: &'t str) -> Option<&'static str> {
        if self.known.is_empty() {
            self.known.resize(SLOTS, None);
        }
        let slot = self.known.get_mut(hash(name) % SLOTS)?;
        if let Some((known, term)) = slot
            && *known == name
        {
            return *term;
        }
        #[cfg(test)]
        {
            self.looked_up += 1;
        }
        let term = audit_syntax::sensitive_part(name);
        *slot = Some((name, term));
        term
    }
}

/// The hash FNV-1a (Fowler, Noll and Vo).
fn hash(name: &str) -> usize {
    let hash = name
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ hash >> 16) as usize
}
