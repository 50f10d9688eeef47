//! What a rule sees of one event.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use audit_runtime::control::{self, Drill};
use audit_runtime::record::{self, Word};
use audit_runtime::{ActorKind, Category, Outcome, Phase, Record, Timestamp};

use super::fold;
use crate::drill::is_drill;
use crate::text;

/// The type of a target that is an account, as `Target::new("User", id)` names it.
const ACCOUNT: &str = "User";

/// The longest target that is told from others, in bytes.
const TARGET_BYTES_MAX: usize = 512;

/// What a rule sees of one event.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observed<'a> {
    /// Its place in the journal, or its line in a file. Each comes once, in rising order.
    pub seq: u64,
    /// When it happened.
    pub time: Timestamp,
    /// When the journal took it in; without it, `time` is believed.
    pub observed: Option<Timestamp>,
    /// What kind of question it answers; `None` for a word that this version does not know.
    pub category: Option<Category>,
    /// What was done: `UpdateUser`.
    pub action: Cow<'a, str>,
    /// How it ended; `None` for a word that this version does not know.
    pub outcome: Option<Outcome>,
    /// Who did it, or tried to.
    pub user: Option<User<'a>>,
    /// From where.
    pub address: Option<Address<'a>>,
    /// What it was done to: the type and the id of the first target.
    pub target: Option<Cow<'a, str>>,
    /// The id of the drill that made it up; such events never count together with real ones.
    pub drill: Option<Cow<'a, str>>,
}

/// Who did it, or tried to.
#[derive(Clone)]
pub struct User<'a> {
    /// The id of the account; of an unknown user what stands for the name, in a journal a keyed hash.
    pub id: Cow<'a, str>,
    /// False if no account has this name.
    pub known: bool,
    /// The kind and the tenant: the user 42 of one is not the user 42 of another.
    pub realm: Cow<'a, str>,
    /// True if the id is in NFKC and folded case.
    folded: bool,
}

/// From where an event came.
#[derive(Clone, Debug)]
pub struct Address<'a> {
    /// What stands for it in keys and findings; it need not be an address.
    pub text: Cow<'a, str>,
    /// The address itself, for networks that a rule leaves alone.
    pub ip: Option<IpAddr>,
}

impl<'a> Observed<'a> {
    /// An event of which nothing is known but its place and its time.
    pub fn new(seq: u64, time: Timestamp) -> Self {
        Self {
            seq,
            time,
            observed: None,
            category: None,
            action: Cow::Borrowed(""),
            outcome: None,
            user: None,
            address: None,
            target: None,
            drill: None,
        }
    }

    /// What a rule sees of a record; nothing of one that is an intent, whose end counts, or a finding.
    ///
    /// Names of known users are compared in NFKC and folded case, IPv6 addresses by their /64.
    pub fn of(record: &'a Record) -> Option<Self> {
        let is_intent = record.phase.as_ref().is_some_and(|phase| *phase == Phase::Intent);
        let is_signal = record.category.known() == Some(Category::Security);
        let is_finding = is_signal && record.action == control::Finding::ACTION;
        if is_intent || is_finding {
            return None;
        }
        Some(Self {
            observed: Some(record.observed),
            category: category(record),
            action: record.action.as_str().into(),
            outcome: record.outcome.known(),
            user: record.actor.as_ref().and_then(User::of).or_else(|| User::aimed_at(record)),
            address: address(record),
            target: record.targets.first().map(target),
            drill: record.extras.get(Drill::MARK).filter(|_| is_drill(record)).map(drill),
            ..Self::new(record.seq, record.time)
        })
    }
}

/// A login that was kept from beginning is no failed login: it is a denial like those of other actions.
fn category(record: &Record) -> Option<Category> {
    match record.category.known() {
        Some(Category::Authentication) if record.is_blocked() => Some(Category::Authorization),
        category => category,
    }
}

fn address(record: &Record) -> Option<Address<'_>> {
    record.origin.as_ref()?.ip.as_deref().map(Address::normalised)
}

impl<'a> User<'a> {
    /// A user with this id, taken as it stands.
    pub fn exact(id: impl Into<Cow<'a, str>>) -> Self {
        Self { id: id.into(), known: true, realm: Cow::Borrowed(""), folded: false }
    }

    /// True if this is the user that somebody has written as `name`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.known && if self.folded { self.id == fold::user(name) } else { self.id == name }
    }

    /// The account that somebody tried to log in to, where nobody acts because the login failed.
    fn aimed_at(record: &'a Record) -> Option<Self> {
        let is_login = record.category.known() == Some(Category::Authentication);
        let account = record.targets.iter().find(|target| target.kind == ACCOUNT);
        let id = fold::user(&account.filter(|_| is_login)?.id);
        Some(Self { id, known: true, realm: ActorKind::User.as_str().into(), folded: true })
    }

    fn of(actor: &'a record::Actor) -> Option<Self> {
        let id = actor.id.as_deref()?;
        let known = actor.known.unwrap_or(true);
        // The keyed hash of an unknown name has no other spellings.
        let id = if known { fold::user(id) } else { text::cut(id, fold::USER_BYTES_MAX).into() };
        let realm = match (&actor.kind, actor.tenant.as_deref()) {
            (Word::Known(kind), None) => kind.as_str().into(),
            (kind, tenant) => format!("{kind}/{}", tenant.unwrap_or("")).into(),
        };
        Some(Self { id, known, realm, folded: known })
    }
}

/// Shows no id: what somebody typed as a name may be a password.
impl fmt::Debug for User<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("known", &self.known).finish_non_exhaustive()
    }
}

impl<'a> Address<'a> {
    /// A text that is compared as it stands.
    pub fn exact(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ip: None }
    }

    /// An address that stands for its network; any other text as it stands.
    pub fn normalised(text: &'a str) -> Self {
        match text.parse() {
            Ok(ip) => Self { text: fold::network(ip).into(), ip: Some(ip) },
            Err(_) => Self { text: text::cut(text, fold::USER_BYTES_MAX).into(), ip: None },
        }
    }

    /// The address, if the text is one.
    pub(super) fn parsed(&self) -> Option<IpAddr> {
        self.ip.or_else(|| self.text.parse().ok()).map(|ip| ip.to_canonical())
    }
}

fn target(target: &record::Target) -> Cow<'_, str> {
    let whole = format!("{}:{}", target.kind, target.id);
    text::cut(&whole, TARGET_BYTES_MAX).to_owned().into()
}

/// Whatever stands there marks a drill, text or not.
fn drill(mark: &serde_json::Value) -> Cow<'_, str> {
    let text = mark.as_str().map_or_else(|| mark.to_string().into(), Cow::Borrowed);
    text::cut(&text, fold::USER_BYTES_MAX).to_owned().into()
}
