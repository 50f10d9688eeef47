//! Names of services whose keys have no prefix: behind such a name stands a key, if it looks like one.

/// In small letters; those that print ids or hashes behind their names are not among them.
pub(crate) const VENDORS: &[&str] = &[
    "adafruit",
    "airtable",
    "algolia",
    "artifactory",
    "asana",
    "bittrex",
    "cloudant",
    "codecov",
    "coinbase",
    "confluent",
    "contentful",
    "datadog",
    "dropbox",
    "etsy",
    "fastly",
    "finnhub",
    "flickr",
    "freshbooks",
    "gitter",
    "hubspot",
    "infracost",
    "intercom",
    "jfrog",
    "kraken",
    "kucoin",
    "launchdarkly",
    "mailchimp",
    "mailgun",
    "mapbox",
    "mattermost",
    "messagebird",
    "netlify",
    "newrelic",
    "okta",
    "openai",
    "plaid",
    "postman",
    "rapidapi",
    "sendbird",
    "sendgrid",
    "shodan",
    "softlayer",
    "sourcegraph",
    "squarespace",
    "sumologic",
    "trello",
    "twilio",
    "twitch",
    "typeform",
    "virustotal",
    "zendesk",
];

/// The term of their names.
pub(crate) const VENDOR: &str = "vendor";

/// [`VENDOR`], if a name has the name of a service at its beginning or behind a sign.
pub(crate) fn term(name: &str) -> Option<&'static str> {
    let is_vendor = |part: &str| VENDORS.iter().any(|vendor| part.eq_ignore_ascii_case(vendor));
    name.split(['_', '-']).any(is_vendor).then_some(VENDOR)
}
