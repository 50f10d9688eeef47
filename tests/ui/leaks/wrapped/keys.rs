use std::collections::{BTreeMap, HashMap};

use audit_runtime::Sensitive;

fn main() {
    // row: secret-as-key
    let mut uses = HashMap::new();
    uses.insert(Sensitive::new(String::from("token")), 1);
    // row: secret-as-key
    let mut uses = BTreeMap::new();
    uses.insert(Sensitive::new(String::from("token")), 1);
}
