//! The number by which the derive and the probe name the same field.

/// FNV-1a of the name of a field: `password`, `0`, `Card.number`.
pub fn field_hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
