"""The records: their form, numbers, hashes, segments, prunings, left-over bytes and end (level L1)."""

import base64
import bisect
import fcntl
import json
import os
import re
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from notes import Malformed, decode

KNOWN_VERSION = 1
NUMBER = rb"0|[1-9]\d{0,19}"
LINE = re.compile(
    rb'\{"v":(' + NUMBER + rb'),"seq":(' + NUMBER + rb'),(?:"observed":"(\d{4}-\d\d-\d\dT\d\d:\d\d:'
    rb'\d\d\.\d{9}Z)","boot":"[0-9a-f]{16}","mono":(?:' + NUMBER + rb"),)?"
    rb'[^\x00-\x1f\x7f]+,"h":"([\w-]{43})"\}',
    re.ASCII,
)
OWN = re.compile(
    rb'"id":"[0-9a-f-]{36}","time":"[^"]{30}","category":"journal","action":"(\w+)","name":"[a-z_.]+",'
    rb'"outcome":"success","severity":1,"journal":\{'
)
LINE_MAX, SUFFIX, SECTOR = 65_000, 51, 512


class Newer(Exception):
    """The journal was written by a later version than this one knows."""


class Undecided(Exception):
    """Why nothing can be said."""


def opened(path: Path):
    """A regular file: a pipe or a device in its place may have no end, and a link leads elsewhere."""
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise Undecided(f"{path} is no regular file; remove it")
    return file


def content(path: Path) -> bytes:
    with opened(path) as file:
        return file.read()


def chained(before: bytes, prefix: bytes) -> bytes:
    return sha256(b"\x02" + before + prefix).digest()


def shown(hash_: bytes | None) -> str | None:
    return None if hash_ is None else base64.urlsafe_b64encode(hash_).decode().rstrip("=")


@dataclass
class Line:
    """A piece of a segment up to its newline; `seq` is None if it is no record."""

    raw: bytes
    number: int
    offset: int
    is_ended: bool
    seq: int | None = None
    version: int = 0
    observed: bytes = b""
    h: bytes = b""

    def __post_init__(self):
        found = LINE.fullmatch(self.raw) if self.is_ended and len(self.raw) <= LINE_MAX else None
        try:
            if found and (found[3] or int(found[1]) > KNOWN_VERSION) and found[1] != b"0":
                self.raw.decode()
                self.h = decode(found[4].decode(), 32, url=True)
                self.seq, self.version, self.observed = int(found[2]), int(found[1]), found[3] or b""
        except (Malformed, UnicodeDecodeError):
            pass

    @property
    def prefix(self) -> bytes:
        return self.raw[:-SUFFIX]

    @property
    def is_whole(self) -> bool:
        return self.is_ended and b"\0" not in self.raw

    def own(self, *actions: str) -> dict | None:
        """The object `journal` of one of the journal's own records."""
        found = OWN.search(self.raw)
        if self.seq is None or not found or found[1].decode() not in actions:
            return None
        try:
            record = json.loads(self.raw)
            return record["journal"] if list(record)[-2:] == ["journal", "h"] else None
        except (ValueError, KeyError):
            return None

    def header(self) -> dict | None:
        header = self.own("JournalSegment")
        try:
            before, _ = header and header["previous"], header and header["origin"]
            if before is not None:
                before["hash"] = decode(before["h"], 32, url=True)
                numbers = [before["last_seq"], before.get("length", 0)]
                if ("length" in before) != (header["reason"] == "sync_failed") or not all(
                    isinstance(number, int) for number in numbers
                ):
                    return None
        except (Malformed, KeyError, TypeError):
            return None
        return header

    def follows(self, before: bytes) -> bool:
        return chained(before, self.prefix) == self.h

    def renumbered(self, seq: int) -> bytes:
        return re.sub(rb'"seq":\d+', b'"seq":%d' % seq, self.prefix, count=1)


def lines_of(data: bytes) -> list[Line]:
    pieces = data.split(b"\n")
    found, offset = [], 0
    for number, raw in enumerate(pieces, 1):
        is_ended = number < len(pieces)
        if is_ended or raw:
            found.append(Line(raw, number, offset, is_ended))
        offset += len(raw) + 1
    return found


def segment_name(first: int) -> str:
    return f"seg/{first:020}.jsonl"


def segments_of(directory: Path) -> list[int]:
    names = (re.fullmatch(r"(\d{20})\.jsonl", path.name) for path in (directory / "seg").glob("*"))
    return sorted(int(name[1]) for name in names if name)


def watermark(directory: Path) -> tuple[int | None, bytes | None, str | None]:
    """How many records are durable, the hash of the last, and what is wrong with the file."""
    try:
        data = content(directory / "WATERMARK")
    except FileNotFoundError:
        return None, None, "WATERMARK is missing"
    found = re.match(rb"(\d{20}) (\d{20})\n", data)
    if not found or found[1] != found[2]:
        return None, None, "WATERMARK is malformed"
    count, tail = int(found[1]), re.fullmatch(rb"([\w-]{43}) ([\w-]{22})\n", data[42:], re.ASCII)
    if tail and shown(sha256(data[:86]).digest())[:22].encode() == tail[2]:
        return count, decode(tail[1].decode(), 32, url=True), None
    return count, None, None


def has_writer(directory: Path) -> bool:
    """Whether somebody holds LOCK; who may not open it takes it that somebody does."""
    try:
        with opened(directory / "LOCK") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def longest_way(lines: list[Line]) -> list[int]:
    """Which lines are in order: the longest way along which numbers grow, and of several the earliest lines."""
    seqs = [line.seq for line in lines]
    if all(after == before + 1 for before, after in zip(seqs, seqs[1:])):
        return list(range(len(lines)))
    tails, tail_at, after = [], [], {}
    for at in reversed(range(len(seqs))):
        place = bisect.bisect_left(tails, -seqs[at])
        after[at] = tail_at[place - 1] if place else None
        tails[place : place + 1], tail_at[place : place + 1] = [-seqs[at]], [at]
    way, at = [], tail_at[-1] if tail_at else None
    while at is not None:
        way.append(at)
        at = after[at]
    return way


class Walk:
    """Goes over a journal in order, and hands each record to `take_leaf`."""

    def __init__(self, directory: Path, take_leaf=lambda line: None):
        self.directory, self.take_leaf = directory, take_leaf
        # The order matters beside a writer: what is listed after this holds all records below it.
        self.durable, self.head, self.flaw = watermark(directory)
        self.names = segments_of(directory)
        self.is_live = has_writer(directory)
        if not self.names and not self.durable:
            raise Undecided(f"{directory}: there is no journal")
        if self.is_live and self.durable is None:
            raise Undecided(f"{self.flaw}, and a writer lives: nothing tells what is durable")
        self.limit = self.durable if self.is_live else 1 << 64
        self.findings, self.segments, self.rotations = [], {}, []
        self.unfinished = self.origin = self.pruned = self.epoch = self.name = self.content = None
        self.next, self.before, self.claim_fails = 0, [], False
        self.records, self.first, self.last, self.time = 0, None, None, b""

    def find(self, kind: str, seq: int | None, at: Line | None, reason: str, **more) -> None:
        place = {"line": at.number, "offset": at.offset} if at else {"line": None, "offset": None}
        finding = {"kind": kind, "seq": seq, "segment": self.name, **place, "expected": None, "actual": None}
        self.findings.append({**finding, "reason": reason, **more})

    def walk(self) -> None:
        self.begin_behind_pruned()
        names = [name for name in self.names if self.next <= name < self.limit]
        for at, name in enumerate(names):
            self.segment(name, names[at + 1] if at + 1 < len(names) else None)
        if self.flaw:
            self.find("watermark", None, None, self.flaw)
        elif self.next < self.durable:
            self.find("truncated", self.next, None, f"WATERMARK vouches for {self.durable} records")

    # Where it begins.

    def begin_behind_pruned(self) -> None:
        """Begins behind what the newest record of a pruning names, if the segments around that agree."""
        for name in [name for name in reversed(self.names) if name < self.limit]:
            first, second = (self.lines(name) + [None, None])[:2]
            pruned, header = second and second.own("JournalPruned"), first and first.header()
            before = header and header["previous"]
            if not pruned or not before or not first.follows(before["hash"]) or not second.follows(first.h):
                continue
            end, h = pruned["last_seq"], decode(pruned["h"], 32, url=True)
            if end + 1 >= name:
                continue  # The segment that was written then is never pruned.
            if any(other != (end, h) for other in self.ends_around(end)):
                self.name = segment_name(name)
                self.find("edited", second.seq, second, "it names another end than the segments around it")
                return
            self.next, self.before = end + 1, [h]
            self.pruned, self.epoch = {"seq": second.seq, **pruned}, pruned.get("epoch")
            return

    def ends_around(self, end: int) -> list[tuple[int, bytes] | None]:
        """What the first segment that is kept, and the last that is still to go, have for the end of what was pruned."""
        found = []
        if end + 1 in self.names:
            header = header_in(self.lines(end + 1), end + 1)
            found += [(header["previous"]["last_seq"], header["previous"]["hash"])] if header and header["previous"] else []
        left_over = [name for name in self.names if name <= end]
        if left_over:
            found += [(end, line.h) for line in self.lines(left_over[-1]) if line.seq == end] or [None]
        return found

    def lines(self, name: int) -> list[Line]:
        if self.content is None or self.content[0] != name:
            data = content(self.directory / segment_name(name))
            self.content = (name, data, lines_of(data))
        return self.content[2]

    # One segment.

    def segment(self, name: int, following: int | None) -> None:
        upcoming = following and next((line for line in self.lines(following) if line.seq == following), None)
        self.name, lines = segment_name(name), self.lines(name)
        data = self.content[1]
        self.header, self.begin = header_in(lines, name), name
        if self.next < name:
            if following is None and all(line.seq is None for line in lines):
                return  # A file without a record in it says nothing.
            self.missing(self.next, name, None)
        if not self.before and self.header:
            previous = self.header["previous"]
            self.before = [previous["hash"] if previous else sha256(self.header["origin"].encode()).digest()]
        self.claims_wrongly, self.end, self.taken = self.claim_fails, 0, (None, None)
        begun = self.before[0] if self.before else None
        if following is None:
            self.last_segment(self.without_torn_end(lines))
        else:
            self.earlier_segment(data, upcoming, following)
        self.segments[name] = {
            "last": self.taken[0], "bytes": self.end, "sha256": sha256(data[: self.end]).digest(),
            "before": begun, "h": self.taken[1]}

    def earlier_segment(self, data: bytes, upcoming: Line | None, following: int) -> None:
        """A segment that another one follows: what stands behind its end may be superseded."""
        header = upcoming and upcoming.header()
        claim = header["previous"] if header and header["reason"] == "sync_failed" else None
        if claim and not (upcoming.follows(claim["hash"]) and claim["last_seq"] == following - 1):
            claim = None
        told = len(self.findings)
        length = end_of(lines_of(data), claim) if claim else len(data)
        behind = self.follow(lines_of(data[:length]), following)
        has_arrived = self.next == following
        if not has_arrived:
            self.settle([line for line in behind if (line.seq or 0) < following], following)
            behind = [line for line in behind if (line.seq or 0) >= following]
        elif claim and self.before:
            is_elsewhere = self.end != claim["length"] and told == len(self.findings)
            self.claim_fails = claim["hash"] not in self.before or is_elsewhere
        skipped = data[:length].count(b"\n")
        behind += [Line(line.raw, line.number + skipped, line.offset + length, line.is_ended)
                   for line in lines_of(data[length:])]
        if behind and has_arrived and not self.claim_fails and (claim or not header):
            left = len(data) - behind[0].offset
            self.find("superseded", following, behind[0], f"a failed sync left {left} bytes, none acknowledged")
        else:
            for line in behind:
                self.find("inserted", line.seq, line, "it stands behind the end of its segment")
        self.next = following

    def last_segment(self, lines: list[Line]) -> None:
        tail = self.follow(lines, None)
        if self.is_live:
            tail = tail[: self.limit - self.next]
        elif tail and not any(line.is_whole for line in tail) and self.next >= (self.durable or 0):
            self.torn(tail)
            return
        places = sum(line.seq is None or self.is_renumbered(line) for line in tail)
        places = max(places, len(tail) if self.next + len(tail) == self.durable else 0)
        self.settle(tail, self.next + places)

    def without_torn_end(self, lines: list[Line]) -> list[Line]:
        """Cuts what a crash left behind the last record, where no writer lives."""
        seq, before = self.next, self.before
        for at, line in enumerate(lines):
            if line.seq == seq and (not before or line.follows(before[0])):
                seq, before = seq + 1, [line.h]
                continue
            is_torn = not any(rest.is_whole for rest in lines[at:]) or not self.flaw and has_hole(line)
            if self.is_live or not is_torn or self.durable is not None and seq < self.durable:
                return lines
            self.torn(lines[at:])
            return lines[:at]
        return lines

    def torn(self, lines: list[Line]) -> None:
        size = lines[-1].offset + len(lines[-1].raw) + lines[-1].is_ended - lines[0].offset
        self.unfinished = {"segment": self.name, "offset": lines[0].offset, "bytes": size}

    def follow(self, lines: list[Line], until: int | None) -> list[Line]:
        """Takes the records below `until`, and hands back what stands behind the last of them."""
        records = [line for line in lines if line.seq is not None and line.seq >= self.begin
                   and (until is None or line.seq < until)]
        places = longest_way(records)
        way = {id(records[at]) for at in places}
        self.on_way = {records[at].seq for at in places}
        self.top = until or max(self.on_way, default=self.begin) + len(records) - len(way) + 1
        self.moved: dict[int, Line] = {}
        waiting: list[Line] = []
        for line in lines:
            if self.next >= self.limit:
                return []
            if id(line) in way and (line.seq == self.next or not self.is_renumbered(line)):
                self.settle(waiting, line.seq)
                self.take(line)
                waiting = []
            else:
                waiting.append(line)
        return waiting

    def is_renumbered(self, line: Line) -> bool:
        """Whether it is the record that belongs here, but for its number."""
        return line.seq is not None and any(
            chained(before, line.renumbered(self.next)) == line.h for before in self.before)

    def settle(self, waiting: list[Line], seq: int) -> None:
        """Names lines that are no records in their place, and what is missing before `seq`."""
        has_places = seq - self.next == len(waiting)
        for line in waiting:
            is_itself = line.seq is not None and self.is_renumbered(line)
            is_record = line.seq is not None and not is_itself
            is_copy = is_record and (line.seq in self.on_way or line.seq in self.moved or line.seq < self.begin)
            if is_copy and not has_places:
                self.find("inserted", line.seq, line, "this record is there a second time")
            elif is_record and not is_copy and line.seq < self.top:
                self.moved[line.seq] = line
                self.find("reordered", line.seq, line, f"it stands where record {self.next} belongs")
            elif self.next < seq:
                self.find("edited", self.next, line, "no record can be read where it was")
                self.end = line.offset + len(line.raw) + line.is_ended
                self.next, self.before = self.next + 1, [line.h] if is_itself else []
            else:
                seq_there = self.next if line.seq is None else line.seq
                self.find("inserted", seq_there, line, "it is a line too many: no record is missing here")
        while self.next in self.moved:
            line = self.moved[self.next]
            self.take_leaf(line)
            self.next, self.before, self.records = self.next + 1, [line.h], self.records + 1
        if self.next < seq:
            until = min([moved for moved in self.moved if self.next < moved < seq], default=seq)
            self.missing(self.next, until, waiting[-1] if waiting else None)
            self.settle([], seq)

    def missing(self, first: int, until: int, at: Line | None) -> None:
        last = f" to {until - 1} are" if until - 1 > first else " is"
        self.find("missing", first, at, f"record {first}{last} gone")
        self.next, self.before = until, []

    def take(self, line: Line) -> None:
        expected = chained(self.before[0], line.prefix) if self.before else line.h
        fits = not self.before or any(line.follows(before) for before in self.before)
        if line.version > KNOWN_VERSION and self.before and fits:
            raise Newer(f"record {line.seq} is of version {line.version}, and this program knows {KNOWN_VERSION}")
        wrong = None
        if not fits or line.version != KNOWN_VERSION:
            wrong = "its hash does not follow from its bytes and the record before it"
        elif line.seq == self.begin and not self.is_opened():
            wrong = "it is no header that continues this journal"
        elif self.head and line.seq == self.durable - 1 and line.h != self.head:
            wrong, expected = "WATERMARK has another hash of it", self.head
        if wrong:
            self.find("edited", line.seq, line, wrong, expected=shown(expected), actual=shown(line.h))
        else:
            self.records += 1
            self.first = line.seq if self.first is None else self.first
            self.last = line.seq
        if line.observed < self.time:
            self.find("clock", line.seq, line, "its time lies before that of the record before it")
        self.time = line.observed
        rotated = line.own("JournalKeyRotated")
        if rotated:
            self.rotations.append((line.seq, rotated.get("rotation"), line))
        self.take_leaf(line)
        self.end, self.taken = line.offset + len(line.raw) + 1, (line.seq, line.h)
        self.next, self.before = line.seq + 1, [line.h] if fits else [line.h, expected]

    def is_opened(self) -> bool:
        """Whether the header is one, and names the end that is there."""
        if not self.header or self.claims_wrongly or self.origin not in (None, self.header["origin"]):
            return False
        self.origin = self.header["origin"]
        self.epoch = self.epoch or self.header.get("epoch")
        previous = self.header["previous"]
        if previous is None or not self.before:
            return (previous is None) == (self.begin == 0)
        return previous["last_seq"] == self.begin - 1 and previous["hash"] in self.before


def header_in(lines: list[Line], name: int) -> dict | None:
    return next((line.header() for line in lines if line.seq == name), None)


def end_of(lines: list[Line], claim: dict) -> int:
    """The byte behind the records that a header names as those before it: where that is if one of them was moved."""
    before = [line for line in lines if line.seq is not None and line.seq <= claim["last_seq"]]
    if not any((line.seq, line.h) == (claim["last_seq"], claim["hash"]) for line in before):
        return claim["length"]
    return before[-1].offset + len(before[-1].raw) + 1


def has_hole(line: Line) -> bool:
    """Zeros where sectors were not written: from the line's start or a sector's to the end of one."""
    zeros = re.search(rb"\0+", line.raw)
    if not zeros:
        return False
    first, end = line.offset + zeros.start(), line.offset + zeros.end()
    return (zeros.start() == 0 or first % SECTOR == 0) and end % SECTOR == 0
