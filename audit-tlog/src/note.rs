//! Signed notes: a text, and who vouches for it (`c2sp.org/signed-note`).

use std::error::Error;
use std::fmt;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::key::{Signer, VerifierKey, check_name};
use crate::malformed::Malformed;

/// More than any log and its witnesses need.
const SIGNATURES_MAX: usize = 64;
/// What every line of a signature begins with: an em dash and a space.
const MARK: &str = "\u{2014} ";

/// A text with signatures. It says nothing before [`signers`](Self::signers) has found a trusted key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What was signed, its last newline included.
    pub text: String,
    /// Who says to have signed it.
    pub signatures: Vec<Signature>,
}

/// One line of a note's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// The number that tells it from others of this name.
    pub id: u32,
    /// What the key has made of the text.
    pub bytes: Vec<u8>,
}

/// Why a note counts for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untrusted {
    /// No trusted key has signed it.
    Unknown,
    /// It has a signature in the name of a trusted key, which that key has not made.
    Forged {
        /// The name of the key.
        name: String,
    },
}

impl Note {
    /// Signs `text`, which must end in a newline.
    ///
    /// # Errors
    /// Fails if the text is none of a note, when a key cannot sign, and if what it answers is no signature of it.
    pub fn sign(text: impl Into<String>, signers: &[&dyn Signer]) -> io::Result<Self> {
        let text = text.into();
        check_text(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let sign = |signer: &&dyn Signer| {
            let key = signer.verifier();
            let bytes = signer.sign(&text)?;
            if !key.verifies(&text, &bytes) {
                let reason = format!("what signs answered with no signature of the key {key}");
                return Err(io::Error::other(reason));
            }
            Ok(Signature { name: key.name().to_owned(), id: key.id(), bytes })
        };
        let signatures = signers.iter().map(sign).collect::<io::Result<_>>()?;
        Ok(Self { text, signatures })
    }

    /// Reads a whole note.
    ///
    /// # Errors
    /// Fails with the line that is none of a note.
    pub fn parse(note: &str) -> Result<Self, Malformed> {
        let signed = note
            .rfind("\n\n")
            .ok_or(Malformed::whole("there is no empty line between a text and its signatures"))?;
        let (text, rest) = note.split_at(signed + 1);
        check_text(text)?;
        let signatures = rest.strip_prefix('\n').unwrap_or(rest);
        let lines = text.lines().count() + 1;
        if signatures.is_empty() || !signatures.ends_with('\n') {
            return Err(Malformed::at(lines + 1, "the last line of a note is a whole signature"));
        }
        let signatures = signatures.strip_suffix('\n').unwrap_or(signatures);
        let parsed = signatures.split('\n').enumerate().map(|(at, line)| {
            if at == SIGNATURES_MAX {
                return Err(Malformed::at(lines + at + 1, "a note has at most 64 signatures"));
            }
            Signature::parse(line).map_err(|reason| Malformed::at(lines + at + 1, reason))
        });
        Ok(Self { text: text.to_owned(), signatures: parsed.collect::<Result<_, _>>()? })
    }

    /// Those of `trusted` that have signed it, each once. What unknown keys have signed is passed over.
    ///
    /// # Errors
    /// Fails if none has, and if a signature that claims to be of one of them is not.
    pub fn signers<'k>(
        &self,
        trusted: &'k [VerifierKey],
    ) -> Result<Vec<&'k VerifierKey>, Untrusted> {
        let mut signers: Vec<&VerifierKey> = Vec::new();
        for signature in &self.signatures {
            for key in trusted.iter().filter(|key| signature.names(key)) {
                if !key.verifies(&self.text, &signature.bytes) {
                    return Err(Untrusted::Forged { name: signature.name.clone() });
                }
                if !signers.contains(&key) {
                    signers.push(key);
                }
            }
        }
        if signers.is_empty() { Err(Untrusted::Unknown) } else { Ok(signers) }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

impl Signature {
    /// True if it claims to be of this key; whether it is, is for [`Note::signers`] to say.
    pub fn names(&self, key: &VerifierKey) -> bool {
        (self.name.as_str(), self.id) == (key.name(), key.id())
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        const NONE: &str =
            "a signature is an em dash, a name and base64, with a space between each";
        let rest = line.strip_prefix(MARK).ok_or(NONE)?;
        let (name, encoded) = rest.split_once(' ').ok_or(NONE)?;
        check_name(name).map_err(|malformed| malformed.reason)?;
        let bytes = STANDARD.decode(encoded).map_err(|_| NONE)?;
        match bytes.split_first_chunk() {
            Some((id, bytes)) if !bytes.is_empty() => {
                let id = u32::from_be_bytes(*id);
                Ok(Self { name: name.to_owned(), id, bytes: bytes.to_vec() })
            }
            _ => Err("a signature has four bytes of its key's id, and more"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.id.to_be_bytes().as_slice(), &self.bytes].concat();
        write!(f, "{MARK}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no trusted key has signed it"),
            Self::Forged { name } => {
                write!(f, "it has a signature in the name of `{name}` that this key has not made")
            }
        }
    }
}

impl Error for Untrusted {}

fn check_text(text: &str) -> Result<(), Malformed> {
    if !text.ends_with('\n') {
        return Err(Malformed::whole("the text of a note ends in a newline"));
    }
    let is_odd = |line: &str| line.bytes().any(|byte| byte < b' ');
    match text.split('\n').position(is_odd) {
        Some(at) => Err(Malformed::at(at + 1, "a note has no control characters")),
        None => Ok(()),
    }
}
