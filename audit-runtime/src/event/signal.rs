//! The security signals of OWASP's Logging Vocabulary: a closed set, each with its name and severity.

use std::fmt;

use super::vocabulary::Severity;

/// Declares the signals with the name that a record has, the severity and OWASP's term.
macro_rules! signals {
    ($(#[$meta:meta])* $type:ident {
        $($(#[$doc:meta])* $variant:ident = $name:literal, $severity:ident, $term:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$doc])* #[doc = concat!(" OWASP's `", $term, "`.")] $variant),+
        }

        impl $type {
            /// All signals, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The action that stands in a record: `RateLimitExceeded`.
            pub const fn action(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),+ }
            }

            /// The name that stands in a record: `rate_limit.exceeded`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// How much it matters when nothing else is said: `High` where OWASP says `CRITICAL`,
            /// `Medium` where it says `WARN`.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// The term of OWASP's Logging Vocabulary: `excess_rate_limit_exceeded`.
            pub const fn term(self) -> &'static str {
                match self { $(Self::$variant => $term),+ }
            }
        }
    };
}

signals! {
    /// A security signal that OWASP's Logging Vocabulary has a term for.
    ///
    /// [`Event::signal`](super::Event::signal) makes an event of one. Its text, a payload or a file name,
    /// is the attacker's: record a rule's id, a parameter's name or a count as fields instead.
    Signal {
        /// An account had as many failed logins as it may have.
        LoginFailuresExceeded = "login_failures.exceeded", Medium, "authn_login_fail_max";
        /// An account was locked.
        AccountLocked = "account.locked", Medium, "authn_login_lock";
        /// A user was in two places, too far apart for the time between.
        TravelImpossible = "travel.impossible", High, "authn_impossible_travel";
        /// A token was used after it was revoked.
        TokenReused = "token.reused", High, "authn_token_reuse";
        /// Something could not be decrypted.
        DecryptionFailed = "decryption.failed", Medium, "crypt_decrypt_fail";
        /// Something could not be encrypted.
        EncryptionFailed = "encryption.failed", Medium, "crypt_encrypt_fail";
        /// Somebody asked more often than they may.
        RateLimitExceeded = "rate_limit.exceeded", Medium, "excess_rate_limit_exceeded";
        /// A user had more sessions at once than they may.
        SessionsExceeded = "sessions.exceeded", Medium, "excess_sessions_exceeded";
        /// Input did not pass the server's validation.
        InputRejected = "input.rejected", Medium, "input_validation_fail";
        /// Input was none of the choices that the client offers.
        ChoiceRejected = "choice.rejected", Medium, "input_validation_discrete_fail";
        /// Somebody asked for many things that are not there.
        NotFoundExceeded = "not_found.exceeded", Medium, "malicious_excess_404";
        /// There was input that nothing in the application asks for.
        InputUnexpected = "input.unexpected", High, "malicious_extraneous";
        /// A client is a known tool of attackers.
        AttackToolDetected = "attack_tool.detected", High, "malicious_attack_tool";
        /// Input looked like an injection of SQL.
        SqlInjectionDetected = "sql_injection.detected", High, "malicious_sqli";
        /// A request came from a web origin that may not send it.
        CrossOriginRefused = "cross_origin.refused", High, "malicious_cors";
        /// Somebody asked directly for an object that is not theirs.
        DirectReferenceRefused = "direct_reference.refused", High, "malicious_direct_reference";
        /// A request that changes something came without the token against forgery.
        RequestForgeryDetected = "request_forgery.detected", Medium, "malicious_csrf";
        /// A browser reported a violation of the content security policy.
        ContentPolicyViolated = "content_policy.violated", Medium, "malicious_csp_violation";
        /// A prompt tried to turn a model against its instructions.
        PromptInjectionDetected = "prompt_injection.detected", Medium, "mcp_prompt_injection";
        /// Requests to a model or a tool were about to use up its resources.
        ResourceExhaustionDetected = "resource_exhaustion.detected", Medium, "mcp_resource_exhaustion";
        /// A model's tool was not the one that it should be.
        ToolPoisoningDetected = "tool_poisoning.detected", Medium, "mcp_tool_poisoning";
        /// Somebody reached a step without those that come before it.
        SequenceViolated = "sequence.violated", High, "sequence_fail";
        /// A session was used after its end.
        ExpiredSessionUsed = "expired_session.used", High, "session_use_after_expire";
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `RateLimitExceeded` of `rate_limit.exceeded`.
    fn pascal(name: &str) -> String {
        let words = name.split(['.', '_']).map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_ascii_uppercase() + rest
        });
        words.collect()
    }

    #[test]
    fn a_name_is_its_action_with_the_last_word_apart() {
        for signal in Signal::ALL {
            assert_eq!(pascal(signal.name()), signal.action());
            assert_eq!(signal.name().matches('.').count(), 1, "{signal}");
        }
    }

    #[test]
    fn names_and_terms_are_told_apart() {
        let names: BTreeSet<_> = Signal::ALL.iter().map(|signal| signal.name()).collect();
        let terms: BTreeSet<_> = Signal::ALL.iter().map(|signal| signal.term()).collect();
        assert_eq!((names.len(), terms.len()), (Signal::ALL.len(), Signal::ALL.len()));
    }
}
