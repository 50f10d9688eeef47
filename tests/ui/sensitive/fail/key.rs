use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use audit_runtime::Sensitive;

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Session(Sensitive<String>);

fn main() {
    let token = || Sensitive::from("hunter2".to_owned());
    let mut by_token = HashMap::new();
    by_token.insert(token(), 1);
    let mut sorted = BTreeMap::new();
    sorted.insert(token(), 1);
    let _ = HashSet::from([token()]);
    let _ = BTreeSet::from([token()]);
    let _ = token() < token();
    let _ = [token(), token()].sort();
}
