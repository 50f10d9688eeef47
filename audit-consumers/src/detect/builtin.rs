//! The rules that are built in: guessing, spraying, spreading, success after guessing, and probing.

use audit_runtime::{Category, Outcome, Severity};

use super::rule::{Events, Field, Kind, Rule, Rules, category_bit, outcome_bit};

const MINUTE_S: u32 = 60;
const HOUR_S: u32 = 60 * MINUTE_S;
const DAY_S: u32 = 24 * HOUR_S;

const CHANGE_PASSWORD: &str =
    "If a login succeeded since, have the password changed and end the open sessions.";
const SECOND_FACTOR: &str = "Ask for a second factor, or slow logins down for this user.";
const LIMIT_ADDRESS: &str = "Limit logins from the address at the edge: by rate rather than for ever, since many people may share it.";
const ALLOW: &str =
    "If it is a scanner of your own or a shared gateway, put it under `allow` of this rule.";

impl Rules {
    /// The rules that are built in, with their usual thresholds; `docs/detection.md` lists them.
    pub fn builtin() -> Self {
        // In the order in which they are applied.
        Self::hashed([guessing().as_slice(), &spreading(), &consequences()].concat())
    }
}

/// One party guesses passwords.
fn guessing() -> [Rule; 4] {
    let failures = |id, by: &[Field], n, window_s| failures(id, Kind::EventCount, by, n, window_s);
    [
        Rule {
            title: "Many logins as one user failed.".into(),
            severity: Severity::High,
            ..failures("bf_user", &[Field::User], 6, 10 * MINUTE_S)
        }
        .advised(&[
            "Ask the user whether the attempts were theirs.",
            CHANGE_PASSWORD,
            SECOND_FACTOR,
        ]),
        Rule {
            title: "Many logins from one address failed.".into(),
            ..failures("bf_ip", &[Field::Address], 5, 10 * MINUTE_S)
        }
        .advised(&[
            "Look which users the address tried, and whether it got in.",
            LIMIT_ADDRESS,
            ALLOW,
        ]),
        Rule {
            title: "Many logins as one user from one address failed.".into(),
            ..failures("bf_user_ip", &[Field::User, Field::Address], 5, 5 * MINUTE_S)
        }
        .advised(&[
            "Look whether it is the user's usual address: then a program may hold an old password.",
            CHANGE_PASSWORD,
            LIMIT_ADDRESS,
        ]),
        Rule {
            title: "One address has been failing to log in for hours, slowly.".into(),
            ..failures("slow_bf_ip", &[Field::Address], 20, DAY_S)
        }
        .advised(&[
            "Look whether the address tries users one after the other, to stay below other limits.",
            LIMIT_ADDRESS,
            ALLOW,
        ]),
    ]
}

/// Many users from one address, or one user from many.
fn spreading() -> [Rule; 3] {
    let users = Kind::ValueCount(Field::User);
    [
        Rule {
            title: "One address failed to log in as many different users.".into(),
            severity: Severity::High,
            ..failures("spray_ip", users.clone(), &[Field::Address], 5, 10 * MINUTE_S)
        }
        .advised(&[
            "Look whether any of these users logged in from the address, and treat that account as taken.",
            LIMIT_ADDRESS,
            "If many of the users exist, find out how the list of users got out.",
        ]),
        Rule {
            title: "One address failed to log in as many different users in a day, slowly.".into(),
            severity: Severity::High,
            ..failures("slow_spray_ip", users, &[Field::Address], 10, DAY_S)
        }
        .advised(&[
            "Look whether any of these users logged in from the address, and treat that account as taken.",
            "Look whether neighbouring addresses do the same.",
            ALLOW,
        ]),
        Rule {
            title: "Logins as one user failed from many addresses.".into(),
            severity: Severity::High,
            ..failures("distributed_user", Kind::ValueCount(Field::Address), &[Field::User], 5, HOUR_S)
        }
        .advised(&[
            "Blocking addresses does not help here: protect the account.",
            SECOND_FACTOR,
            CHANGE_PASSWORD,
        ]),
    ]
}

/// What guessing leads to, and what comes after a login.
fn consequences() -> [Rule; 2] {
    let login = Events {
        categories: category_bit(Some(Category::Authentication)),
        outcomes: outcome_bit(Some(Outcome::Success)),
        ..Events::default()
    };
    let denials = Events {
        categories: category_bit(Some(Category::Authorization))
            | category_bit(Some(Category::Activity)),
        outcomes: outcome_bit(Some(Outcome::Denied)),
        ..Events::default()
    };
    let compromise = Kind::TemporalOrdered { first: "bf_ip".into() };
    let probe = Kind::ValueCount(Field::Target);
    [
        Rule {
            title: "A login succeeded from an address that had been guessing passwords.".into(),
            severity: Severity::Critical,
            events: login,
            ..Rule::new("compromise_ip", compromise, &[Field::Address], 1, HOUR_S)
        }
        .advised(&[
            "Treat the account as taken: end its sessions and have its password changed.",
            "Look what the account has done since: `audited query 'actor=user:ID last 1h'`.",
            LIMIT_ADDRESS,
        ]),
        Rule {
            title: "One user was denied many different targets.".into(),
            severity: Severity::High,
            events: denials,
            ..Rule::new("authz_probe", probe, &[Field::User], 10, 5 * MINUTE_S)
        }
        .advised(&[
            "Look whether the user, or a program that acts for them, tries ids one after the other.",
            "If the account may be taken, end its sessions.",
            "If a new release asks for what the user may not see, mend the release.",
        ]),
    ]
}

/// A rule on failed logins.
fn failures(id: &str, kind: Kind, by: &[Field], n: usize, window_s: u32) -> Rule {
    let events = Events {
        categories: category_bit(Some(Category::Authentication)),
        outcomes: outcome_bit(Some(Outcome::Failure)),
        ..Events::default()
    };
    Rule { events, ..Rule::new(id, kind, by, n, window_s) }
}

impl Rule {
    fn advised(mut self, sentences: &[&str]) -> Self {
        self.remediation = sentences.iter().map(|sentence| (*sentence).to_owned()).collect();
        self
    }
}
