//! The trail comes first.

use audit_runtime::testing::Trail;
use audit_runtime::{assert_audited, assert_not_audited};

fn main() {
    let trail = Trail::new();
    assert_audited!();
    assert_audited!(action = "UpdateUser");
    assert_not_audited!(target(Account, id = 7));
    assert_audited!(trail action = "UpdateUser");
}
