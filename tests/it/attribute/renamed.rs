//! A runtime that is reached by another path than its own name.

use crate::support::{run, summary};

mod audit {
    pub(crate) use audit_runtime::*;
}

#[derive(audit::Redact)]
#[redact(crate = "crate::attribute::renamed::audit")]
struct Page {
    number: u32,
}

#[audit::audited(action = "GetPage", fields(page), crate = "crate::attribute::renamed::audit")]
async fn page(page: Page) -> u32 {
    page.number
}

#[test]
fn the_runtime_may_have_another_path() {
    let (number, records) = run(page(Page { number: 3 }));
    assert_eq!(number, 3);
    assert_eq!(summary(&records), ["GetPage success"]);
    assert_eq!(records[0]["args"]["page"]["number"], 3);
}
