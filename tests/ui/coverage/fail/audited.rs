//! A route is whole and written once, and versions are counted from 1.

use audit_runtime::{Unrecorded, audited};

#[audited(action = "UpdateUser", route = "/users/{id}", version = 0)]
fn without_method() -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateUser", route = "Put /users/{id}", version = "2")]
fn small_letters() -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateUser", route = "PUT /users/:id", route = "PUT /users?id=7", version)]
fn other_forms() -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateUser", route = "PUT /users/{id}", route = "PUT /users/{id}", version = 2, version = 3)]
fn twice() -> Result<(), Unrecorded> {
    Ok(())
}

#[audited(action = "UpdateUser", routes = "PUT /users/{id}", version = 4294967296)]
fn misspelt() -> Result<(), Unrecorded> {
    Ok(())
}

fn main() {}
