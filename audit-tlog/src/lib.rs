//! The forms of a transparency log: its Merkle tree and proofs, and the signed notes that vouch for it.
//!
//! A [`Frontier`] takes the hashes of records as they are appended and knows the root of the tree over all of
//! them. A [`Checkpoint`] states that root, and a [`Note`] carries it with signatures. With a checkpoint that
//! somebody holds elsewhere, [`inclusion`] and [`consistency`] prove that a record is in the log, and that a
//! later log goes on from it; [`is_included`] and [`is_consistent`] check that without the log.
//!
//! Nothing here opens a file. The tree is that of RFC 6962, section 2.1; the texts are those of
//! `c2sp.org/signed-note`, `c2sp.org/tlog-checkpoint`, `c2sp.org/tlog-cosignature` and `c2sp.org/tlog-proof@v1`.
//!
//! ```
//! use audit_tlog::{Checkpoint, Frontier, Note, Signer as _, SigningKey, leaf};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut tree = Frontier::default();
//! tree.push(leaf(b"the first record"));
//! let key = SigningKey::from_seed("shop.example/audit", [7; 32])?;
//! let checkpoint = Checkpoint::of("shop.example/audit", &tree);
//! let note = Note::sign(checkpoint.to_string(), &[&key])?;
//!
//! let read = Note::parse(&note.to_string())?;
//! read.signers(&[key.verifier().clone()])?;
//! assert_eq!(Checkpoint::parse(&read.text)?.root, tree.root());
//! # Ok(())
//! # }
//! ```

mod checkpoint;
mod frontier;
mod hash;
mod key;
mod malformed;
mod note;
mod paths;
mod proof;
#[cfg(test)]
mod tests;
mod witness;

pub use checkpoint::Checkpoint;
pub use frontier::Frontier;
pub use hash::{Hash, leaf, node};
pub use key::{Signer, SigningKey, VerifierKey, is_of_name};
pub use malformed::Malformed;
pub use note::{Note, Signature, Untrusted};
pub use paths::{consistency, inclusion, is_consistent, is_included, root_at};
pub use proof::{Proof, Unproven};
pub use witness::WitnessKey;

/// How many hashes a tile has (`c2sp.org/tlog-tiles`): each level of tiles is eight levels of the tree.
pub const TILE_WIDTH: u64 = 256;
