//! The terms of OWASP's Logging Vocabulary with their levels, as the cheat sheet lists them.
//!
//! OWASP Cheat Sheet Series, "Logging Vocabulary Cheat Sheet", commit 7a26700 of 2026-08-12.

/// How much OWASP says that a term matters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warn,
    Critical,
}

use Level::{Critical, Info, Warn};

/// Every term, in the order of the sheet; `INFO|CRITICAL` stands as critical.
pub(super) const TERMS: &[(&str, Level)] = &[
    ("authn_login_success", Info),
    ("authn_login_successafterfail", Info),
    ("authn_login_fail", Warn),
    ("authn_login_fail_max", Warn),
    ("authn_login_lock", Warn),
    ("authn_password_change", Info),
    ("authn_password_change_fail", Critical),
    ("authn_impossible_travel", Critical),
    ("authn_token_created", Info),
    ("authn_token_revoked", Info),
    ("authn_token_reuse", Critical),
    ("authn_token_delete", Warn),
    ("authz_fail", Critical),
    ("authz_change", Warn),
    ("authz_admin", Warn),
    ("crypt_decrypt_fail", Warn),
    ("crypt_encrypt_fail", Warn),
    ("excess_rate_limit_exceeded", Warn),
    ("excess_sessions_exceeded", Warn),
    ("upload_complete", Info),
    ("upload_stored", Info),
    ("upload_validation", Critical),
    ("upload_delete", Info),
    ("input_validation_fail", Warn),
    ("input_validation_discrete_fail", Warn),
    ("malicious_excess_404", Warn),
    ("malicious_extraneous", Critical),
    ("malicious_attack_tool", Critical),
    ("malicious_sqli", Critical),
    ("malicious_cors", Critical),
    ("malicious_direct_reference", Critical),
    ("malicious_csrf", Warn),
    ("malicious_csp_violation", Warn),
    ("mcp_prompt_injection", Warn),
    ("mcp_resource_exhaustion", Warn),
    ("mcp_tool_poisoning", Warn),
    ("privilege_permissions_changed", Warn),
    ("sensitive_create", Warn),
    ("sensitive_read", Warn),
    ("sensitive_update", Warn),
    ("sensitive_delete", Warn),
    ("sequence_fail", Critical),
    ("session_created", Info),
    ("session_renewed", Info),
    ("session_expired", Info),
    ("session_logout", Info),
    ("session_use_after_expire", Critical),
    ("sys_startup", Warn),
    ("sys_shutdown", Warn),
    ("sys_restart", Warn),
    ("sys_crash", Warn),
    ("sys_monitor_disabled", Warn),
    ("sys_monitor_enabled", Warn),
    ("user_created", Warn),
    ("user_updated", Warn),
    ("user_archived", Warn),
    ("user_deleted", Warn),
];
