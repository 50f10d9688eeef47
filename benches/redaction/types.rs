//! One account as each side declares it, with values of usual lengths.

use serde::Serialize;

/// What an account holds, before any side declares it.
pub(crate) struct Values;

impl Values {
    const ID: u64 = 4711;
    const NAME: &str = "Ada Lovelace";
    const REGION: &str = "eu-central-1";
    const CREATED: u64 = 1_795_300_000;
    const EMAIL: &str = "ada.lovelace@analytical-engine.example.org";
    const PASSWORD: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQxMjM0NTY3$u1Q7vYw2R0kqEo1o4mI2Bw";
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro";
    const CARD: &str = "4111111111111111";
}

/// Declares an account with the attributes of one side, and how it is made.
macro_rules! account {
    (
        $(#[$type_mark:meta])* $name:ident: $secret:ty,
        $([$public:meta])? $([email $email:meta])? $([password $password:meta])?
        $([token $token:meta])? $([card $card:meta])?
    ) => {
        $(#[$type_mark])*
        pub(crate) struct $name {
            pub(crate) id: u64,
            $(#[$public])?
            pub(crate) name: String,
            $(#[$public])?
            pub(crate) region: String,
            pub(crate) created: u64,
            pub(crate) active: bool,
            $(#[$email])?
            pub(crate) email: $secret,
            $(#[$password])?
            pub(crate) password: $secret,
            $(#[$token])?
            pub(crate) token: $secret,
            $(#[$card])?
            pub(crate) card: $secret,
        }

        impl $name {
            pub(crate) fn new() -> Self {
                Self {
                    id: Values::ID,
                    name: Values::NAME.into(),
                    region: Values::REGION.into(),
                    created: Values::CREATED,
                    active: true,
                    email: Values::EMAIL.to_owned().into(),
                    password: Values::PASSWORD.to_owned().into(),
                    token: Values::TOKEN.to_owned().into(),
                    card: Values::CARD.to_owned().into(),
                }
            }
        }
    };
}

account! {
    /// In clear: the standard library's `Debug` and serde's `Serialize`.
    #[derive(Debug, Serialize)]
    Clear: String,
}

account! {
    /// Four fields hidden whole.
    #[derive(audit_runtime::Redact)]
    #[expect(dead_code, reason = "what is hidden whole is never read")]
    Full: String,
    [public] [email sensitive] [password sensitive] [token sensitive] [card sensitive]
}

account! {
    /// Four fields left out.
    #[derive(audit_runtime::Redact)]
    #[expect(dead_code, reason = "what is hidden whole is never read")]
    Omit: String,
    [public] [email sensitive(omit)] [password sensitive(omit)] [token sensitive(omit)]
    [card sensitive(omit)]
}

account! {
    /// Four fields masked.
    #[derive(audit_runtime::Redact)]
    Mask: String,
    [public] [email sensitive(mask(email))] [password sensitive(mask(last = 4))]
    [token sensitive(mask(last = 4))] [card sensitive(mask(card))]
}

account! {
    /// Four fields as pseudonyms.
    #[derive(audit_runtime::Redact)]
    Pseudonym: String,
    [public] [email sensitive(pseudonym)] [password sensitive(pseudonym)]
    [token sensitive(pseudonym)] [card sensitive(pseudonym)]
}

account! {
    /// Four fields of our secret type.
    #[derive(audit_runtime::Redact)]
    Wrapped: audit_runtime::Sensitive<String>,
    [public]
}

account! {
    /// As the crate `veil` hides them.
    #[derive(veil::Redact)]
    Veil: String,
    [allow(dead_code)] [email redact(fixed = 3)] [password redact(fixed = 3)]
    [token redact(fixed = 3)] [card redact(fixed = 3)]
}

account! {
    /// As the crate `secrecy` hides them.
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by `Debug` alone")]
    Secrecy: secrecy::SecretString,
}

account! {
    /// As the crate `redactable` hides them.
    #[derive(Clone, redactable::Sensitive, Serialize)]
    Redactable: String,
    [allow(dead_code)] [email sensitive(redactable::Email)] [password sensitive(redactable::Secret)]
    [token sensitive(redactable::Secret)] [card sensitive(redactable::Secret)]
}
