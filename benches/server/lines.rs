//! The peer: the same two lines as a plain type that serde_json serialises, and their chain of hashes.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, Mutex};

use audit_benches::Taken;
use audit_runtime::journal::Reader;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::role::journal;

/// What the hash of a line begins with.
const LINK_DOMAIN: [u8; 1] = [2];
/// `,"h":"`, a digest and `"}`: what of a line is not hashed.
const SUFFIX_BYTES: usize = 51;

/// One request's lines, and the end of a chain.
#[derive(Clone)]
pub(crate) struct Lines(Arc<(Vec<Line>, Mutex<Chain>)>);

#[derive(Default)]
struct Chain {
    tip: [u8; 32],
    out: Vec<u8>,
}

impl Lines {
    /// Where a server finds the lines that another one has written.
    pub(crate) const NAME: &str = "lines.jsonl";

    /// Copies the last activity record and the last access record in the place of a server into a file;
    /// tells how many bytes they have.
    pub(crate) fn copy(place: &Path, file: &Path) -> usize {
        let mut cursor = Reader::open(journal(place)).unwrap().cursor(0).unwrap();
        let mut last = [String::new(), String::new()];
        while let Some(line) = cursor.next().unwrap() {
            let text = String::from_utf8(line.bytes().to_vec()).unwrap();
            let text = text.trim_end().to_owned();
            for (kind, last) in ["activity", "access"].iter().zip(&mut last) {
                if text.contains(&format!("\"category\":\"{kind}\"")) {
                    last.clone_from(&text);
                }
            }
        }
        assert!(last.iter().all(|line| !line.is_empty()), "no records in {}", place.display());
        fs::write(file, last.join("\n")).unwrap();
        last.iter().map(|line| line.len() + 1).sum()
    }

    /// Reads what was copied here.
    pub(crate) fn load(place: &Path) -> Self {
        let text = fs::read_to_string(place.join(Self::NAME)).unwrap();
        Self(Arc::new((text.lines().map(Line::read).collect(), Mutex::default())))
    }

    /// Does both for all lines of a request.
    pub(crate) fn encode_and_hash(&self) {
        let (lines, chain) = &*self.0;
        let mut chain = chain.lock().unwrap();
        let Chain { tip, out } = &mut *chain;
        for line in lines {
            out.clear();
            serde_json::to_writer(&mut *out, black_box(line)).unwrap();
            out.push(b'\n');
            let hashed = &out[..out.len() - 1 - SUFFIX_BYTES];
            let hasher = Sha256::new().chain_update(LINK_DOMAIN).chain_update(*tip);
            *tip = hasher.chain_update(hashed).finalize().into();
        }
        black_box(out);
    }

    /// What it takes for one request in a loop of nothing else, in nanoseconds.
    pub(crate) fn looped_ns(&self) -> u128 {
        const REQUESTS: u32 = 20_000;
        let taken = Taken::by(|| (0..REQUESTS).for_each(|_| self.encode_and_hash()));
        taken.thread.as_nanos() / u128::from(REQUESTS)
    }
}

#[derive(Deserialize, Serialize)]
struct Line {
    v: u8,
    seq: u64,
    observed: String,
    boot: String,
    mono: u64,
    id: String,
    time: String,
    duration_ns: u64,
    category: String,
    action: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    op: Option<String>,
    outcome: String,
    severity: u8,
    actor: Actor,
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Target>>,
    origin: Origin,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<Http>,
    service: Service,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    correlation_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    causation_id: Option<String>,
    catalog: String,
    h: String,
}

#[derive(Deserialize, Serialize)]
struct Actor {
    r#type: String,
}

#[derive(Deserialize, Serialize)]
struct Target {
    r#type: String,
    id: String,
}

#[derive(Deserialize, Serialize)]
struct Origin {
    ip: String,
    port: u16,
    trust: String,
    user_agent: String,
}

#[derive(Deserialize, Serialize)]
struct Http {
    method: String,
    route: String,
    status: u16,
}

#[derive(Deserialize, Serialize)]
struct Service {
    name: String,
    version: String,
    host: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Code {
    function: String,
    file: String,
    line: u32,
}

impl Line {
    /// Reads a line that a recorder wrote.
    ///
    /// # Panics
    /// If the type would not write exactly these bytes: it must do the same work.
    fn read(json: &str) -> Self {
        let line: Self = serde_json::from_str(json).unwrap_or_else(|e| panic!("{e} in {json}"));
        assert_eq!(serde_json::to_string(&line).unwrap(), json, "the type mirrors the line");
        line
    }
}
