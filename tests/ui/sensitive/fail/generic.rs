use std::fmt::{Debug, Display};

use audit_runtime::{Secret, Sensitive};
use serde::Serialize;

fn print<T: Secret + Display>(secret: &Sensitive<T>) -> String {
    format!("{secret}")
}

fn write<T: Secret + Serialize>(secret: &Sensitive<T>) -> serde_json::Value {
    serde_json::to_value(secret).unwrap()
}

fn erase<T: Secret>(secret: &Sensitive<T>) -> (&dyn Debug, &dyn Display) {
    (secret, secret)
}

fn main() {}
