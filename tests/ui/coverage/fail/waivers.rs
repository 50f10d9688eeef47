//! A waiver says which record, for which route, why, and until when.

use audit_runtime::waive;

waive!(route = "GET /health", access = none, reason = "a probe");

waive!(route = "GET /health", access = none, reason = " ", until = "2031-02-30");

waive!(route = "health", access = all, reason = "a probe", until = "next year");

waive!(route = "get /users/:id", audited = none, reasons = "a probe", until = "2031-01-31");

waive!(route = "GET /users/:id", audited = none, access = none, reason = "a probe", until = "2031-01-31");

fn main() {}
