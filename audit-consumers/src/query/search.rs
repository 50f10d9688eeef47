//! A query asked of a journal, a page at a time.

use std::collections::VecDeque;
use std::ops::ControlFlow;

use audit_runtime::journal::{Error, Line, Reader};
use audit_runtime::{Record, Timestamp};

use super::Query;
use super::asking::{Order, SearchError, Skip};
use super::page::{Match, Page};
use super::prefilter::Prefilter;
use super::scan::Scan;
use super::token::{PageToken, query_hash};
use super::walk::Walk;

/// How many records a page may have at most.
pub const LIMIT_MAX: usize = 10_000;
const LIMIT: usize = 50;

/// A query, the journal it is asked of, and how.
///
/// ```
/// use audit_consumers::query::{Query, Search};
/// use audit_runtime::journal::Reader;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let reader = Reader::open("audit-journal")?;
/// let query = Query::parse("outcome=denied last 7d")?;
/// let page = Search::new(&reader, &query).limit(20).page()?;
/// for found in &page.matches {
///     println!("{} {}", found.record.seq, found.record.action);
/// }
/// if let Some(token) = page.next {
///     let further = Search::new(&reader, &query).limit(20).after(token).page()?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Search<'a> {
    reader: &'a Reader,
    query: &'a Query,
    order: Order,
    limit: usize,
    skip: Skip,
    after: Option<PageToken>,
    now: Timestamp,
    filters_bytes: bool,
}

impl<'a> Search<'a> {
    /// The newest 50 records that `query` means.
    pub fn new(reader: &'a Reader, query: &'a Query) -> Self {
        Self {
            reader,
            query,
            order: Order::default(),
            limit: LIMIT,
            skip: Skip::default(),
            after: None,
            now: Timestamp::now(),
            filters_bytes: true,
        }
    }

    /// In this order instead.
    pub fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// So many records on a page, from 1 to [`LIMIT_MAX`].
    pub fn limit(self, limit: usize) -> Self {
        Self { limit: limit.clamp(1, LIMIT_MAX), ..self }
    }

    /// Passes over segments in this way instead.
    pub fn skip(self, skip: Skip) -> Self {
        Self { skip, ..self }
    }

    /// The page behind the one that ended with this token.
    pub fn after(self, token: PageToken) -> Self {
        Self { after: Some(token), ..self }
    }

    /// Asked at `now`, instead of when this was made: what `last 24h` counts back from. A token has the
    /// time of the first page.
    pub fn at(self, now: Timestamp) -> Self {
        Self { now, ..self }
    }

    /// Parses every line, so that tests can compare.
    #[doc(hidden)]
    pub fn parsing_all(self) -> Self {
        Self { filters_bytes: false, ..self }
    }

    /// One page.
    ///
    /// Damage is no error: what could be read is given, and [`Page::scan`] tells what could not.
    ///
    /// # Errors
    /// Fails when the journal cannot be read, was set aside meanwhile, or is not the token's; and when
    /// the token is another query's.
    pub fn page(&self) -> Result<Page, SearchError> {
        let mut walk = self.walk()?;
        let mut sieve = Sieve::new(self);
        let mut matches = match self.order {
            Order::NewestFirst => self.newest(&mut walk, &mut sieve)?,
            Order::OldestFirst => self.oldest(&mut walk, &mut sieve)?,
        };
        let has_more = matches.len() > self.limit;
        matches.truncate(self.limit);
        let last = matches.last().filter(|_| has_more).map(|last| last.record.seq);
        let next = match last {
            Some(last) => self.token(&walk, last)?,
            None => None,
        };
        walk.confirm()?;
        Ok(Page { matches, next, scan: sieve.report(walk.scan) })
    }

    /// How many records match, with what was read to know it.
    ///
    /// # Errors
    /// Fails as [`page`](Self::page) does.
    pub fn count(&self) -> Result<(u64, Scan), SearchError> {
        let mut count = 0;
        let scan = self.each(|_| count += 1)?;
        Ok((count, scan))
    }

    /// Gives every record that matches to `visit`, the oldest first.
    ///
    /// # Errors
    /// Fails as [`page`](Self::page) does.
    pub fn each(&self, mut visit: impl FnMut(Match)) -> Result<Scan, SearchError> {
        let mut walk = self.walk()?;
        let mut sieve = Sieve::new(self);
        for place in 0..walk.segments.len() {
            if !walk.passes_over(place)? {
                _ = walk.read(place, |line| {
                    sieve.take(line).into_iter().for_each(&mut visit);
                    ControlFlow::Continue(())
                })?;
            }
        }
        walk.confirm()?;
        Ok(sieve.report(walk.scan))
    }

    /// The segments, and the numbers that are left of what the query asks for.
    fn walk(&self) -> Result<Walk<'a>, SearchError> {
        let window = self.query.window(self.now());
        let mut walk = Walk::new(self.reader, window, self.skip)?;
        let (mut from, mut to) = self.query.seqs();
        if let Some(token) = &self.after {
            self.check(token, &walk)?;
            walk.scan.end = token.end;
            match self.order {
                Order::NewestFirst => to = to.min(token.last),
                Order::OldestFirst => {
                    (from, to) = (from.max(token.last.saturating_add(1)), to.min(token.end));
                }
            }
        } else if self.order == Order::OldestFirst {
            let end = walk.tail()?;
            (to, walk.scan.end) = (to.min(end), end);
        }
        walk.seqs = (from, to);
        Ok(walk)
    }

    fn now(&self) -> Timestamp {
        self.after.as_ref().map_or(self.now, |token| token.now)
    }

    fn check(&self, token: &PageToken, walk: &Walk<'_>) -> Result<(), SearchError> {
        if token.query != query_hash(&self.query.to_string()) || token.order != self.order {
            return Err(SearchError::OtherQuery);
        }
        let (first, hash) = token.anchor;
        let place = walk.segments.binary_search_by_key(&first, |segment| segment.first_seq);
        let found = match place {
            Ok(place) => walk.first_line(place)?,
            Err(_) => None,
        };
        match found {
            Some(line) if line.hash() == hash => Ok(()),
            _ => Err(SearchError::OtherJournal { seq: token.last }),
        }
    }

    fn newest(&self, walk: &mut Walk<'_>, sieve: &mut Sieve<'_>) -> Result<Vec<Match>, Error> {
        let mut matches = Vec::new();
        for place in (0..walk.segments.len()).rev() {
            // One more than the page has tells that there is another page.
            let wanted = (self.limit + 1).saturating_sub(matches.len());
            if wanted == 0 {
                walk.scan.not_reached.add(walk.segments[place].bytes);
            } else if !walk.passes_over(place)? {
                let mut last = VecDeque::new();
                _ = walk.read(place, |line| {
                    last.extend(sieve.take(line));
                    if last.len() > wanted {
                        last.pop_front();
                    }
                    ControlFlow::Continue(())
                })?;
                matches.extend(last.into_iter().rev());
            }
        }
        Ok(matches)
    }

    fn oldest(&self, walk: &mut Walk<'_>, sieve: &mut Sieve<'_>) -> Result<Vec<Match>, Error> {
        let mut matches = Vec::new();
        for place in 0..walk.segments.len() {
            if matches.len() > self.limit {
                walk.scan.not_reached.add(walk.segments[place].bytes);
            } else if !walk.passes_over(place)? {
                _ = walk.read(place, |line| {
                    matches.extend(sieve.take(line));
                    if matches.len() > self.limit {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })?;
            }
        }
        Ok(matches)
    }

    /// `None` if the page ended in a segment that is gone by now.
    fn token(&self, walk: &Walk<'_>, last: u64) -> Result<Option<PageToken>, Error> {
        let place = walk.place_of(last);
        let first = walk.first_line(place)?;
        Ok(first.map(|first| PageToken {
            order: self.order,
            query: query_hash(&self.query.to_string()),
            now: self.now(),
            last,
            end: walk.scan.end,
            anchor: (first.seq(), first.hash()),
        }))
    }
}

/// Tells which lines match, and counts what it has parsed for that.
struct Sieve<'a> {
    query: &'a Query,
    prefilter: Prefilter,
    parsed: u64,
    not_events: u64,
}

impl<'a> Sieve<'a> {
    fn new(search: &Search<'a>) -> Self {
        let query = search.query;
        let conditions = if search.filters_bytes { query.conditions.as_slice() } else { &[] };
        Self { query, prefilter: Prefilter::of(conditions), parsed: 0, not_events: 0 }
    }

    fn take(&mut self, line: Line) -> Option<Match> {
        if !self.prefilter.may_match(line.body()) {
            return None;
        }
        self.parsed += 1;
        let Ok(record) = Record::parse(&line) else {
            self.not_events += 1;
            return None;
        };
        self.query.holds(&record).then_some(Match { record, line })
    }

    fn report(self, scan: Scan) -> Scan {
        Scan { records_parsed: self.parsed, not_events: self.not_events, ..scan }.finish()
    }
}
