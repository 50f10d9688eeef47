//! The terms that an attribute records: what was done to something.

use audit_runtime::{Unrecorded, audited};

#[audited(action = "ChangePassword", category = authentication, target(User, id = id))]
pub(super) fn change_password(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "CreateToken", category = authentication, target(Token, id = id), fields(scope))]
pub(super) fn create_token(id: u64, scope: Scope) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "RevokeToken", category = authentication, target(Token, id = id))]
pub(super) fn revoke_token(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "DeleteToken", category = authentication, target(Token, id = id))]
pub(super) fn delete_token(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "ChangeEntitlements", target(User, id = id), fields(from, to))]
pub(super) fn change_entitlements(id: u64, from: Scope, to: Scope) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "ChangePermissions", target(File, id = id), fields(from, to))]
pub(super) fn change_permissions(id: u64, from: u32, to: u32) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UploadFile", target(File, id = id), fields(bytes))]
pub(super) fn upload_file(id: u64, bytes: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "StoreFile", target(File, id = id), fields(shelf))]
pub(super) fn store_file(id: u64, shelf: u32) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "DeleteFile", target(File, id = id))]
pub(super) fn delete_file(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "CreateDiagnosis", target(Diagnosis, id = id))]
pub(super) fn create_diagnosis(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "ReadDiagnosis", target(Diagnosis, id = id))]
pub(super) fn read_diagnosis(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateDiagnosis", target(Diagnosis, id = id))]
pub(super) fn update_diagnosis(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "DeleteDiagnosis", target(Diagnosis, id = id))]
pub(super) fn delete_diagnosis(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "RunReport")]
pub(super) fn run_report() -> Result<(), Unrecorded> {
    std::panic::panic_any("out of paper")
}

#[audited(action = "DisableMonitor", target(Monitor, id = name))]
pub(super) fn disable_monitor(name: &str) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "EnableMonitor", target(Monitor, id = name))]
pub(super) fn enable_monitor(name: &str) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "CreateUser", target(User, id = id), fields(roles))]
pub(super) fn create_user(id: u64, roles: Vec<Scope>) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateUser", target(User, id = id), fields(roles))]
pub(super) fn update_user(id: u64, roles: Vec<Scope>) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "ArchiveUser", target(User, id = id))]
pub(super) fn archive_user(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "DeleteUser", target(User, id = id))]
pub(super) fn delete_user(id: u64) -> Result<(), Unrecorded> {
    Ok(())
}

/// What somebody or something may do.
#[derive(audit_runtime::Redact)]
pub(super) enum Scope {
    Read,
    Write,
}

/// The attribute of a function in this file, on one line.
pub(super) fn attribute(function: &str) -> String {
    let (before, _) = include_str!("actions.rs").split_once(&format!("fn {function}(")).unwrap();
    let (_, attribute) = before.rsplit_once("#[audited(").unwrap();
    let (attribute, _) = attribute.rsplit_once(")]").unwrap();
    super::page::one_line(&format!("#[audited({attribute})]"))
}
