//! The signature of a webhook, by the specification "Standard Webhooks" (`standardwebhooks.com`).

use std::fmt;

use audit_runtime::Sensitive;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// How many bytes a key may have, by the specification.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The key that sender and receiver share: `whsec_` and 24 to 64 bytes in base64.
#[derive(Clone)]
pub struct SigningKey(Sensitive<Vec<u8>>);

impl SigningKey {
    /// Reads a key; `None` if the text is none.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Sensitive::from(BASE64.decode(text.trim().strip_prefix(PREFIX)?).ok()?);
        KEY_BYTES.contains(&bytes.expose().len()).then_some(Self(bytes))
    }

    /// The value of the header `webhook-signature`.
    pub(super) fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose()) else {
            // HMAC takes keys of every length.
            return String::new();
        };
        mac.update(format!("{id}.{seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's own test suites.
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_key_is_refused_and_none_is_shown() {
        let short = format!("whsec_{}", BASE64.encode([7; 23]));
        let long = format!("whsec_{}", BASE64.encode([7; 65]));
        for text in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_!", &short, &long] {
            assert!(SigningKey::parse(text).is_none(), "{text}");
        }
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey([redacted])");
    }
}
