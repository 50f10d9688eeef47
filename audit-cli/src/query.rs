//! `audited query`: the records that a question means, a page at a time, and what was read for them.

use std::io::Write;
use std::path::Path;

use audit_consumers::query::{
    self as ask, InvalidToken, Match, Order, PageToken, Scan, Search, Skip,
};
use serde_json::json;

use crate::arguments::Query;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::reading::Reading;
use crate::tail;
use crate::terminal::{self, Style};

/// How much of a filter the journal takes.
const FILTER_BYTES_MAX: usize = 1024;

pub(crate) fn run(arguments: &Query, out: &mut impl Write, style: Style) -> Result<Exit, Failure> {
    let query = ask::Query::parse(&arguments.text)?;
    let journal = config::journal(arguments.journal.as_deref())?;
    let mut reading = Reading::of(&journal, "query", Some(filter(arguments, &query)));
    let printed = answer(arguments, &query, &journal, &mut reading, out, style);
    if printed.is_ok() {
        reading.count_none();
    }
    reading.end(printed, out)
}

fn answer(
    arguments: &Query,
    query: &ask::Query,
    journal: &Path,
    reading: &mut Reading,
    out: &mut impl Write,
    style: Style,
) -> Result<Exit, Failure> {
    let token = arguments.after.as_deref().map(str::parse).transpose();
    let token: Option<PageToken> =
        token.map_err(|error: InvalidToken| Failure::Usage(error.to_string()))?;
    let reader = config::reader(journal)?;
    let order = if arguments.oldest_first { Order::OldestFirst } else { Order::NewestFirst };
    let skip = if arguments.trust_clock { Skip::ByEnds } else { Skip::ByTimes };
    let limit = usize::try_from(arguments.limit).unwrap_or(ask::LIMIT_MAX);
    let search = Search::new(&reader, query).order(order).skip(skip).limit(limit);
    if arguments.count {
        let mut count = 0;
        let scan = search.each(|found| {
            count += 1;
            reading.count(&found.line);
        })?;
        print_count(arguments, query, count, &scan, out)?;
        return Ok(exit(&scan));
    }
    let page = match token {
        Some(token) => search.after(token),
        None => search,
    };
    let page = page.page()?;
    count(&page.matches, reading);
    match arguments.json {
        true => print_json(query, &page, out)?,
        false => print(&page, out, style)?,
    }
    Ok(exit(&page.scan))
}

/// Counts what is shown in the journal's own order, which the page may not have.
fn count(matches: &[Match], reading: &mut Reading) {
    let mut lines: Vec<_> = matches.iter().map(|found| &found.line).collect();
    lines.sort_by_key(|line| line.seq());
    lines.into_iter().for_each(|line| reading.count(line));
}

/// An answer with a hole in it is no success.
pub(crate) fn exit(scan: &Scan) -> Exit {
    if scan.is_whole() { Exit::Ok } else { Exit::Tampered }
}

fn print(page: &ask::Page, out: &mut impl Write, style: Style) -> Result<(), Failure> {
    for found in &page.matches {
        writeln!(out, "{}", tail::row(&found.line, style))?;
    }
    let found = many(page.matches.len());
    match &page.next {
        Some(token) => writeln!(out, "\n{found}, and there are more: --after {token}")?,
        None => writeln!(out, "\n{found}, and no more")?,
    }
    print_scan(&page.scan, out)
}

/// So many records, in words.
pub(crate) fn many(count: usize) -> String {
    format!("{count} record{}", if count == 1 { "" } else { "s" })
}

/// What was read, line by line; names of files and reasons in it are escaped.
pub(crate) fn print_scan(scan: &Scan, out: &mut impl Write) -> Result<(), Failure> {
    for line in scan.to_string().lines() {
        writeln!(out, "{}", terminal::escape(line))?;
    }
    Ok(())
}

fn print_count(
    arguments: &Query,
    query: &ask::Query,
    count: usize,
    scan: &Scan,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if arguments.json {
        let whole = scan.is_whole();
        let said =
            json!({"query": query.to_string(), "count": count, "whole": whole, "scan": scan});
        return Ok(writeln!(out, "{said}")?);
    }
    writeln!(out, "{}", many(count))?;
    print_scan(scan, out)
}

/// One object around the lines of the journal, which stay as they are.
fn print_json(query: &ask::Query, page: &ask::Page, out: &mut impl Write) -> Result<(), Failure> {
    write!(out, "{{\"query\":{},\"records\":[", json!(query.to_string()))?;
    for (index, found) in page.matches.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        out.write_all(found.line.bytes())?;
    }
    let next = page.next.as_ref().map(PageToken::to_string);
    let (whole, scan) = (page.scan.is_whole(), json!(page.scan));
    Ok(writeln!(out, "],\n\"next\":{},\"whole\":{whole},\"scan\":{scan}}}", json!(next))?)
}

/// What was asked for, as it is recorded.
fn filter(arguments: &Query, query: &ask::Query) -> String {
    let mut options = String::new();
    if arguments.count {
        options.push_str(" --count");
    } else {
        options.push_str(&format!(" -n {}", arguments.limit));
    }
    for (is_given, name) in [
        (arguments.oldest_first, " --oldest-first"),
        (arguments.after.is_some(), " --after"),
        (arguments.trust_clock, " --trust-clock"),
    ] {
        options.push_str(if is_given { name } else { "" });
    }
    let query = query.to_string();
    let room = FILTER_BYTES_MAX - options.len();
    if query.len() <= room {
        return format!("{query}{options}").trim_start().to_owned();
    }
    let mut shown = String::new();
    for character in query.chars() {
        if shown.len() + character.len_utf8() + "…".len() > room {
            break;
        }
        shown.push(character);
    }
    format!("{shown}…{options}")
}
