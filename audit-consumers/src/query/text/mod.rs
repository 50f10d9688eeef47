//! The language of queries: one line of text for what the builder says in calls.

mod error;
mod meant;
mod mistake;
mod parse;
mod value;

use std::fmt::{self, Write as _};

use crate::is_deceptive;

pub use error::QueryError;

pub(super) use parse::parse;

/// The longest text of a query in bytes.
const TEXT_BYTES_MAX: usize = 4096;

/// The language on one screen.
pub const HELP: &str = "\
A query is a line of terms; a record is shown if all of them hold.

  NAME=VALUE     one value; several by comma: outcome=denied,failure
  NAME=VALUE*    texts that begin so: action=Update*; `*` alone: it is there
  NAME!=VALUE    none of the values, which holds also where there is none
  severity>=4    numbers also with > < <=
  \"…\"            where it has spaces, commas, quotes, a last `*` or a first =<>!

  actor          TYPE:ID, TYPE:NAME, ID or NAME; TYPE:* for all of a type; an
                 unknown actor by its hash (`audited pseudonym`)
  on_behalf_of   the same, for whom an actor acts
  target         TYPE:ID, TYPE:NAME, ID or NAME of any target
  action         UpdateUser or user.update
  outcome        success failure denied error panic cancelled timeout unknown
  category       authentication authorization activity access security journal
  op, phase      create read update delete execute; intent end
  origin         an address or a network: 10.0.0.0/8, fd00::/8
  correlation, session, reason, route, id
  rule           of a detector's findings: rule=bf_user
  status, severity, seq  are numbers; severity is 1 to 6
  drill          yes or no: records of an exercise

  last 24h       w d h m s; the time is the journal's own (`observed`), in UTC
  since T        2026-11-22 or 2026-11-22T10:30Z
  until T        the same; the time itself is not part of it
  on 2026-11-22  one day

  actor=user:42 action=Update* outcome=denied,failure origin=10.0.0.0/8 last 24h";

/// Writes a value as it is read back: bare where that is unmistakable, else in quotes.
pub(super) fn quote(f: &mut fmt::Formatter<'_>, text: &str, may_be_empty: bool) -> fmt::Result {
    // After an operator these would be more of it.
    let begins_bare = !text.starts_with(['=', '<', '>', '!']);
    if (may_be_empty || !text.is_empty()) && begins_bare && text.chars().all(is_bare) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' | '\\' => write!(f, "\\{character}")?,
            other if is_deceptive(other) => write!(f, "{}", other.escape_unicode())?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// True for a character that stands in a value without quotes.
fn is_bare(character: char) -> bool {
    !character.is_whitespace() && !is_deceptive(character) && !"\",*\\".contains(character)
}

#[cfg(test)]
mod tests;
