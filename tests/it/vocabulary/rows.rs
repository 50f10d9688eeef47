//! One call for each term, and the query that finds what it leaves.

use audit_runtime::{Actor, Event, Severity, Signal, Target, public};

use super::actions::{self, Scope};

/// A term, the call that records it, and where it is found again.
pub(super) struct Row {
    pub(super) term: &'static str,
    pub(super) call: Call,
    /// What `audited query` is asked. It finds the records of this term, and no others.
    pub(super) query: &'static str,
}

/// What records a term.
pub(super) enum Call {
    /// `record(…)` with this event; the text is the expression.
    Event(fn() -> Event, &'static str),
    /// A call of this function; its attribute stands in `actions.rs`.
    Action(fn(), &'static str),
    /// Nothing of its own: the journal says it of itself.
    Journal(&'static str),
}

macro_rules! event {
    ($term:literal, $query:literal, $($event:tt)+) => {
        Row { term: $term, call: Call::Event(|| $($event)+, stringify!($($event)+)), query: $query }
    };
}

macro_rules! action {
    ($term:literal, $query:literal, $function:ident($($argument:expr),*)) => {
        Row {
            term: $term,
            call: Call::Action(|| actions::$function($($argument),*).unwrap(), stringify!($function)),
            query: $query,
        }
    };
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    event!("authn_login_success", "action=login outcome=success reason!=after_failures",
        Event::authentication("password").factor("totp").actor(Actor::user("42")).succeeded()),
    event!("authn_login_successafterfail", "action=login outcome=success reason=after_failures",
        Event::authentication("password").actor(Actor::user("42")).field("failures", &3).reason("after_failures").succeeded()),
    event!("authn_login_fail", "action=login outcome=failure",
        Event::authentication("password").actor(Actor::unknown_user("adda")).failed("unknown_user")),
    event!("authn_login_fail_max", "action=login_failures.exceeded",
        Event::signal(Signal::LoginFailuresExceeded).target(Target::new("User", 42)).field("limit", &6).denied("limit")),
    event!("authn_login_lock", "action=account.locked",
        Event::signal(Signal::AccountLocked).target(Target::new("User", 42)).reason("limit").succeeded()),
    action!("authn_password_change", "action=password.change outcome=success", change_password(42)),
    event!("authn_password_change_fail", "action=password.change outcome=failure",
        Event::authentication("password").action("ChangePassword").severity(Severity::High).failed("wrong_password")),
    event!("authn_impossible_travel", "action=travel.impossible",
        Event::signal(Signal::TravelImpossible).field("kilometres", &9_100).field("minutes", &20).succeeded()),
    action!("authn_token_created", "action=token.create", create_token(7, Scope::Read)),
    action!("authn_token_revoked", "action=token.revoke", revoke_token(7)),
    event!("authn_token_reuse", "action=token.reused",
        Event::signal(Signal::TokenReused).target(Target::new("Token", 7)).denied("revoked")),
    action!("authn_token_delete", "action=token.delete", delete_token(7)),

    event!("authz_fail", "category=authorization outcome=denied",
        Event::authorization(Target::new("Invoice", 7), "DeleteInvoice").policy("admins-only").denied("role_missing")),
    action!("authz_change", "action=entitlements.change", change_entitlements(42, Scope::Read, Scope::Write)),
    event!("authz_admin", "category=authorization outcome=success",
        Event::authorization(Target::new("Cache", "eu"), "PurgeCache").policy("admins-only").allowed()),

    event!("crypt_decrypt_fail", "action=decryption.failed",
        Event::signal(Signal::DecryptionFailed).target(Target::new("Backup", 7)).broke("aead::Error")),
    event!("crypt_encrypt_fail", "action=encryption.failed",
        Event::signal(Signal::EncryptionFailed).target(Target::new("Backup", 7)).broke("aead::Error")),

    event!("excess_rate_limit_exceeded", "action=rate_limit.exceeded",
        Event::signal(Signal::RateLimitExceeded).field("limit", &100).denied("too_many_requests")),
    event!("excess_sessions_exceeded", "action=sessions.exceeded",
        Event::signal(Signal::SessionsExceeded).field("limit", &5).denied("too_many_sessions")),

    action!("upload_complete", "action=file.upload", upload_file(9, 4_096)),
    action!("upload_stored", "action=file.store", store_file(9, 3)),
    event!("upload_validation", "action=file.validate",
        Event::activity("ValidateFile").target(Target::new("File", 9)).field("by", &public("virusscan")).severity(Severity::High).failed("virus")),
    action!("upload_delete", "action=file.delete", delete_file(9)),

    event!("input_validation_fail", "action=input.rejected",
        Event::signal(Signal::InputRejected).field("fields", &public("date_of_birth")).failed("out_of_range")),
    event!("input_validation_discrete_fail", "action=choice.rejected",
        Event::signal(Signal::ChoiceRejected).field("fields", &public("country")).failed("no_such_choice")),

    event!("malicious_excess_404", "action=not_found.exceeded",
        Event::signal(Signal::NotFoundExceeded).field("count", &250).denied("too_many_misses")),
    event!("malicious_extraneous", "action=input.unexpected",
        Event::signal(Signal::InputUnexpected).field("count", &1).failed("unknown_field")),
    event!("malicious_attack_tool", "action=attack_tool.detected",
        Event::signal(Signal::AttackToolDetected).field("tool", &public("nikto")).denied("user_agent")),
    event!("malicious_sqli", "action=sql_injection.detected",
        Event::signal(Signal::SqlInjectionDetected).field("parameter", &public("sort")).field("rule", &942_100).denied("tautology")),
    event!("malicious_cors", "action=cross_origin.refused",
        Event::signal(Signal::CrossOriginRefused).denied("origin_not_listed")),
    event!("malicious_direct_reference", "action=direct_reference.refused",
        Event::signal(Signal::DirectReferenceRefused).target(Target::new("Invoice", 8)).denied("not_the_owner")),
    event!("malicious_csrf", "action=request_forgery.detected",
        Event::signal(Signal::RequestForgeryDetected).denied("origin_mismatch")),
    event!("malicious_csp_violation", "action=content_policy.violated",
        Event::signal(Signal::ContentPolicyViolated).field("directive", &public("script-src")).denied("blocked")),

    event!("mcp_prompt_injection", "action=prompt_injection.detected",
        Event::signal(Signal::PromptInjectionDetected).target(Target::new("Tool", "mail")).field("rule", &12).denied("overrides_policy")),
    event!("mcp_resource_exhaustion", "action=resource_exhaustion.detected",
        Event::signal(Signal::ResourceExhaustionDetected).target(Target::new("Tool", "search")).field("calls", &400).denied("budget")),
    event!("mcp_tool_poisoning", "action=tool_poisoning.detected",
        Event::signal(Signal::ToolPoisoningDetected).target(Target::new("Tool", "calendar")).denied("hash_mismatch")),

    action!("privilege_permissions_changed", "action=permissions.change", change_permissions(9, 0o511, 0o777)),

    action!("sensitive_create", "target=Diagnosis:* op=create", create_diagnosis(3)),
    action!("sensitive_read", "target=Diagnosis:* op=read", read_diagnosis(3)),
    action!("sensitive_update", "target=Diagnosis:* op=update", update_diagnosis(3)),
    action!("sensitive_delete", "target=Diagnosis:* op=delete", delete_diagnosis(3)),

    event!("sequence_fail", "action=sequence.violated",
        Event::signal(Signal::SequenceViolated).field("step", &3).denied("step_skipped")),

    event!("session_created", "action=session.create",
        Event::activity("CreateSession").session("id of the session").succeeded()),
    event!("session_renewed", "action=session.renew",
        Event::activity("RenewSession").session("id of the session").succeeded()),
    event!("session_expired", "action=session.expire",
        Event::activity("ExpireSession").session("id of the session").reason("timeout").succeeded()),
    event!("session_logout", "action=logout",
        Event::authentication("session").action("Logout").session("id of the session").succeeded()),
    event!("session_use_after_expire", "action=expired_session.used",
        Event::signal(Signal::ExpiredSessionUsed).session("id of the session").denied("expired")),

    Row { term: "sys_startup", call: Call::Journal("audit::open(…)"), query: "action=journal.start" },
    Row { term: "sys_shutdown", call: Call::Journal("recorder.shutdown(…)"), query: "action=journal.stop" },
    event!("sys_restart", "action=system.restart",
        Event::activity("RestartSystem").reason("new_certificate").succeeded()),
    action!("sys_crash", "outcome=panic", run_report()),
    action!("sys_monitor_disabled", "action=monitor.disable", disable_monitor("clamav")),
    action!("sys_monitor_enabled", "action=monitor.enable", enable_monitor("clamav")),

    action!("user_created", "action=user.create", create_user(43, vec![Scope::Read])),
    action!("user_updated", "action=user.update", update_user(43, vec![Scope::Write])),
    action!("user_archived", "action=user.archive", archive_user(43)),
    action!("user_deleted", "action=user.delete", delete_user(43)),
];
