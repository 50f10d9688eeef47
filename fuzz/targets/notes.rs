//! Signed notes, checkpoints, proofs and keys: reading never panics, and what is read is written as it was.

#![no_main]

use audit_tlog::{Checkpoint, Note, Proof, Signer as _, SigningKey, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(note) = Note::parse(text) {
        assert_eq!(note.to_string(), text);
        let own = SigningKey::from_seed("o", [1; 32]).ok();
        let known: Vec<VerifierKey> = own.iter().map(|key| key.verifier().clone()).collect();
        assert!(note.signers(&known).is_err(), "nobody has signed this");
    }
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(proof) = Proof::parse(text) {
        assert_eq!(Proof::parse(&proof.to_string()).as_ref(), Ok(&proof));
        assert!(proof.check(text.as_bytes(), &[]).is_err(), "no key is trusted");
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(key) = text.parse::<SigningKey>() {
        assert!(key.to_text().as_str() == text);
    }
});
