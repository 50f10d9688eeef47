//! Floods of strangers, over real sockets: what is not written is counted, and nobody who is known is missing.

mod logins;
pub(crate) mod served;
mod size;

use audit_runtime::AuditMiddleware;
use serde_json::Value;

use crate::support::Trail;
use crate::web::client::{header, request, status};
use crate::web::server::Records;
use served::{FRAMEWORKS, serve};

const REQUESTS: u64 = 300;
const WRITTEN: u64 = 40;

/// What the records `action` of floods count together.
fn counted(records: &Records, action: &str) -> u64 {
    let told = records.0.iter().filter(|record| record["action"] == action);
    told.map(|record| record["args"]["count"].as_u64().unwrap()).sum()
}

fn is_strangers(record: &Value) -> bool {
    record["actor"]["type"] == "anonymous"
}

#[test]
fn a_flood_is_counted_to_the_last_request_and_hides_nobody_who_is_known() {
    for framework in FRAMEWORKS {
        let trail = Trail::with(|settings| settings.flood_source_max(WRITTEN));
        let recorder = trail.recorder.clone();
        let server = serve(framework, trail, AuditMiddleware::new());
        for number in 0..REQUESTS {
            let line = ["GET /page", "GET /missing", "POST /page"][number as usize % 3];
            let id = format!("x-correlation-id: flood-{number}");
            let answer = request(server.address, line, &[&id], "");
            let echoed = header(&answer, "x-correlation-id").map(str::to_owned);
            assert_eq!(echoed, Some(format!("flood-{number}")), "also of what is only counted");
            if number % 10 == 0 {
                let line = if number % 20 == 0 { "GET /me" } else { "POST /action" };
                assert_eq!(status(&request(server.address, line, &[], "")), 200);
            }
        }
        let summarised = recorder.health().summarised;
        let records = server.finish();
        let (strangers, known): (Vec<_>, Vec<_>) =
            records.accesses().into_iter().partition(|record| is_strangers(record));
        assert_eq!(known.len() as u64, REQUESTS / 20, "{framework:?}");
        let actions = records.0.iter().filter(|record| record["action"] == "CloseAccount");
        assert_eq!(actions.count() as u64, REQUESTS / 20, "also of strangers");
        let sent = REQUESTS + REQUESTS / 20;
        assert_eq!(counted(&records, "AccessFlood"), summarised);
        assert_eq!(strangers.len() as u64 + summarised, sent, "{framework:?}");
        let floods = records.0.iter().filter(|record| record["action"] == "AccessFlood");
        // A slow machine may come to a second window.
        let windows = floods.clone().count() as u64;
        assert!((1..3).contains(&windows) && strangers.len() as u64 <= windows * WRITTEN + WRITTEN);
        floods.for_each(check_summary);
    }
}

/// Of three requests one has succeeded, and two have found no route or method; beside them are those to an action.
fn check_summary(record: &Value) {
    let args = &record["args"];
    assert_eq!((&record["category"], &record["severity"]), (&"security".into(), &3.into()));
    assert!(record.get("actor").is_none() && record.get("correlation_id").is_none(), "{record}");
    assert_eq!(record["origin"]["ip"], "127.0.0.1");
    assert!(record["origin"].get("port").is_none());
    assert_eq!(args["source"], "127.0.0.1");
    let of = |member: &str, word: &str| args[member][word].as_u64().unwrap_or(0);
    let count = args["count"].as_u64().unwrap();
    assert_eq!(of("outcomes", "success") + of("outcomes", "failure"), count);
    assert_eq!(of("statuses", "2xx") + of("statuses", "4xx"), count);
    assert_eq!(of("requests", "GET /page") + of("requests", "POST /action"), of("statuses", "2xx"));
    assert!(of("requests", "GET (unrouted)") > count / 4, "{args}");
    assert!(args["correlation_ids"][0].as_str().unwrap().starts_with("flood-"));
    assert_eq!(args["correlation_ids"].as_array().unwrap().len(), 4);
    assert!(!record.to_string().contains("missing"), "a path that the client made up");
}

#[test]
fn denials_of_actions_that_never_began_are_counted_too() {
    for framework in FRAMEWORKS {
        let trail = Trail::with(|settings| settings.flood_source_max(WRITTEN));
        let server = serve(framework, trail, AuditMiddleware::new());
        let line = match framework {
            served::Framework::Actix => "POST /guarded/open",
            served::Framework::Axum => "POST /vault/open",
        };
        for _ in 0..REQUESTS {
            assert_eq!(status(&request(server.address, line, &[], "")), 401);
        }
        let records = server.finish();
        let denials = records.0.iter().filter(|record| record["action"] == "OpenVault");
        let denials = denials.count() as u64;
        assert!((WRITTEN..=2 * WRITTEN).contains(&denials), "{framework:?}: {denials}");
        assert_eq!(denials + counted(&records, "DenialFlood"), REQUESTS, "{framework:?}");
        let flood = records.0.iter().find(|record| record["action"] == "DenialFlood").unwrap();
        assert_eq!(flood["args"]["requests"][line], flood["args"]["count"]);
        assert_eq!(flood["outcome"], "denied");
    }
}
