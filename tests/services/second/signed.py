"""What was signed, compared with the records: checkpoints, seals, tiles, rotations and anchors (levels L2, L3)."""

import base64
from dataclasses import dataclass
from pathlib import Path

import notes
import tree
from chain import Line, Walk, content, segment_name, shown
from notes import Checkpoint, Forged, Key, Malformed, Note, Rotation, Witness

UNKNOWN = "no trusted key has signed it"
DAMAGE = ("edited", "missing", "inserted", "reordered", "truncated", "unsigned", "fork")


@dataclass
class Statement:
    """A signed note, and where it was found; `seal` is the first record of the segment that it seals."""

    place: str
    data: bytes
    seal: int | None = None
    is_anchor: bool = False
    is_past: bool = False
    note: Note | None = None
    checkpoint: Checkpoint | None = None
    trouble: str | None = None
    is_borne_out: bool = False
    seen: tuple[int, str] | None = None  # when a trusted witness has cosigned it, and which

    def __post_init__(self):
        try:
            self.note = Note.parse(self.data)
            self.checkpoint = Checkpoint.parse(self.note.text)
            if self.seal is None and self.checkpoint.extensions:
                raise Malformed("a checkpoint with further lines")
            if self.seal is not None and self.checkpoint.seal().first != self.seal:
                raise Malformed("the seal of another segment")
        except Malformed as error:
            self.trouble = f"it is {error}" if str(error)[:2] == "a " else str(error)

    def see(self, witnesses: list[Witness]) -> None:
        try:
            times = [(witness.cosigned(self.note), witness.name) for witness in witnesses if self.note]
            self.seen = min((seen for seen in times if seen[0]), default=None)
        except Forged as error:
            self.trouble = str(error)


class Trust:
    """The keys from outside, and those that the journal's rotations lead to from there."""

    def __init__(self, keys: list[Key]):
        self.given, self.keys, self.until = tuple(keys), list(keys), {}

    def learn(self, rotations: list[Rotation]) -> list[int]:
        """Learns from all of them, and returns those that no key has signed that was trusted there."""
        self.hand_over(rotations)
        for it in reversed(rotations):
            if it.new in self.keys and self.until.get(it.new, it.size) >= it.size and it.old and it.old not in self.keys:
                self.keys.append(it.old)
        return self.hand_over(rotations)

    def hand_over(self, rotations: list[Rotation]) -> list[int]:
        self.until, void = {}, []
        for it in rotations:
            if it.old in self.keys and it.old not in self.until:
                self.until[it.old] = it.size
                self.until.pop(it.new, None)
                self.keys += [it.new] if it.new not in self.keys else []
            elif it.new not in self.keys or it.old and it.new in self.until:
                void.append(it.seq)  # Else it is said again, or the old key was lost.
            elif not it.old and it.new in self.given:
                self.until.pop(it.new, None)
        return void

    def judge(self, statement: Statement) -> str | None:
        """Why a statement counts for nothing, or None."""
        try:
            signers = statement.note.signers(self.keys)
        except Forged as error:
            return str(error)
        if not signers:
            return f"{UNKNOWN}, but {', '.join(name for name, _ in statement.note.signatures)}"
        if all(statement.checkpoint.size > self.until.get(key, 1 << 64) for key in signers):
            return "it is signed by a key that another one had replaced before"
        return None


class Signed:
    """Reads what was signed before the records are read, and compares it with them after."""

    def __init__(self, directory: Path, anchors: list[Statement]):
        self.directory, self.anchors = directory, anchors
        self.checkpoint = self.statement("checkpoint")
        past = self.read("checkpoints") or b""
        past = enumerate(notes.history(past), 1)
        self.history = [Statement(f"checkpoints, note {at}", data, is_past=True) for at, data in past]
        seals = sorted((directory / "seg").glob("[0-9]*.seal"))
        self.seals = [self.statement(f"seg/{path.name}", int(path.stem)) for path in seals if path.stem.isdecimal()]
        self.leaves: dict[int, bytes] = {}
        self.agreed: set[int] = set()
        self.findings: list[dict] = []
        self.doubts: list[str] = []
        self.unbelieved: list[tuple[int, str]] = []
        self.signed_size = self.anchored_size = self.seen = None

    def read(self, name: str) -> bytes | None:
        try:
            return content(self.directory / name)
        except FileNotFoundError:
            return None

    def statement(self, name: str, seal: int | None = None) -> Statement | None:
        data = self.read(name)
        return None if data is None else Statement(name, data, seal)

    @property
    def is_there(self) -> bool:
        return bool(self.checkpoint or self.history or self.seals)

    def take_leaf(self, line: Line) -> None:
        self.leaves[line.seq] = tree.leaf(line.raw)

    def find(self, kind: str, seq: int | None, place: str, reason: str, **more) -> None:
        nothing = {"line": None, "offset": None, "expected": None, "actual": None}
        self.findings.append({"kind": kind, "seq": seq, "segment": place, **nothing, "reason": reason, **more})

    def compare(self, walk: Walk, keys: list[Key]) -> None:
        """Compares all of it with the records that a walk has found."""
        self.walk = walk
        self.begin = walk.pruned["last_seq"] + 1 if walk.pruned else 0
        self.damaged = [finding["seq"] for finding in walk.findings if finding["kind"] in DAMAGE]
        self.trust = Trust(keys)
        self.learn(self.rotations())
        self.check_rotations()
        journal = [self.checkpoint] if self.checkpoint else []
        good, believed = self.believed(journal + self.history + self.seals), self.believed(self.anchors)
        # A start that signs an older journal writes the seals first.
        if not self.checkpoint and (self.history or believed):
            self.find("unsigned", walk.last, "checkpoint", "it is gone, although others speak of it")
        self.check_order(good)
        self.tiles = self.read_tiles(good)
        self.signed_size = self.check_roots(good)
        self.check_forks(good)
        if self.is_there:
            self.check_seals([statement for statement in good if statement.seal is not None])
        differing = (seq for seq, leaf in enumerate(self.tiles) if self.leaves.get(seq, leaf) != leaf)
        if not self.findings and not self.damaged and any(True for _ in differing):
            self.find("tiles", None, "tiles/0", "hashes are short or wrong; a start makes them again")
        self.anchored_size = self.check_roots(believed)
        self.doubts += [doubt for size, doubt in self.unbelieved if size > (self.anchored_size or 0)]
        self.seen = min((s.seen for s in believed if s.seen and s.checkpoint.size == self.anchored_size), default=None)
        self.check_forks(believed, good)

    def rotations(self) -> list[Rotation]:
        found = []
        for seq, text, line in self.walk.rotations:
            try:
                found.append(notes.rotation(seq, Note.parse(str(text)), self.walk.origin))
            except (Malformed, Forged) as error:
                self.find("unsigned", seq, segment_name(line.seq), str(error))
        return found

    def learn(self, rotations: list[Rotation]) -> None:
        void = self.trust.learn(rotations)
        for seq in void:
            self.find("unsigned", seq, self.segment_of(seq), "no key that was trusted there has signed this rotation")
        self.handed_over = [it for it in rotations if it.seq not in void]

    def check_rotations(self) -> None:
        """What both keys have signed was signed over these records."""
        frontier, known = self.frontier() if self.handed_over else None, {}
        due = sorted({it.size for it in self.handed_over})
        for size in due:
            while frontier and frontier.size < size:
                leaf = self.leaves.get(frontier.size)
                frontier = frontier.with_leaf(leaf) if leaf else None
            known[size] = frontier.root() if frontier and frontier.size == size else None
        for it in self.handed_over:
            # Behind damage that the chain shows already, roots are not told of again.
            is_whole = all(seq is not None and seq >= it.size for seq in self.damaged)
            if is_whole and known[it.size] not in (None, it.root):
                self.find("edited", it.size, self.segment_of(it.size), f"the rotation in record {it.seq} was signed "
                          f"over other records before this one", expected=text(it.root), actual=text(known[it.size]))

    def believed(self, statements: list[Statement]) -> list[Statement]:
        """Those that a trusted key has signed for this journal; of the others it is told."""
        good, former = [], None
        for statement in statements:
            trouble = statement.trouble or self.trust.judge(statement)
            if not trouble and statement.checkpoint.origin != self.walk.origin is not None:
                trouble = f"it is of another journal, {statement.checkpoint.origin}"
            if not trouble:
                good.append(statement)
            elif statement.is_anchor:
                size = statement.checkpoint.size if statement.checkpoint else 1 << 64
                self.unbelieved.append((size, f"the anchor {statement.place} says nothing: {trouble}"))
            elif self.is_of_former(statement):
                former = statement if not former or statement.checkpoint.size >= former.checkpoint.size else former
            else:
                last = statement.checkpoint.size - 1 if statement.checkpoint else None
                self.find("unsigned", last if statement.seal is None else statement.seal, statement.place, trouble)
        if former:
            size, by = former.checkpoint.size, self.trust.judge(former)
            self.find("former", size - 1, former.place, f"of what was pruned {by}: give that key, too")
        return good

    def is_of_former(self, statement: Statement) -> bool:
        """Whether it is of what was pruned, with the record that leads to its key."""
        is_own = not statement.trouble and statement.checkpoint.origin == self.walk.origin
        is_unknown = is_own and (self.trust.judge(statement) or "").startswith(UNKNOWN)
        return is_unknown and statement.checkpoint.size <= self.begin

    def check_order(self, good: list[Statement]) -> None:
        """`checkpoint` is written before the history, and that only grows."""
        sizes = [(s.checkpoint.size, s.place) for s in good if s.is_past]
        for (before, _), (size, place) in zip(sizes, sizes[1:]):
            if size < before:
                self.find("reordered", size, place, f"it follows one of size {before}")
        if self.checkpoint in good and sizes and self.checkpoint.checkpoint.size < max(sizes)[0]:
            size = self.checkpoint.checkpoint.size
            self.find("truncated", size, "checkpoint", f"{max(sizes)[1]} is newer: of {max(sizes)[0]} records")

    def check_forks(self, good: list[Statement], others: list[Statement] = ()) -> None:
        """No two statements of one size may differ, whatever the records are."""
        first = {statement.checkpoint.size: statement for statement in others}
        for statement in good:
            size, root = statement.checkpoint.size, statement.checkpoint.root
            other = first.setdefault(size, statement)
            if other.checkpoint.root != root:
                self.find("fork", size - 1, statement.place, f"{other.place} has another root for {size} records",
                          expected=text(other.checkpoint.root), actual=text(root))

    # The tree.

    def read_tiles(self, good: list[Statement]) -> list[bytes]:
        """The leaves that the tiles state, up to the newest checkpoint, if all levels agree."""
        size = max((s.checkpoint.size for s in good), default=0)
        levels, level = [], 0
        while size >> 8 * level:
            data = self.read(f"tiles/{level}") or b""
            levels.append([data[at : at + 32] for at in range(0, len(data) - 31, 32)][: size >> 8 * level])
            level += 1
        for level, hashes in enumerate(levels):
            above = [tree.root(levels[level - 1][at : at + 256]) for at in range(0, size >> 8 * level << 8, 256)] \
                if level else hashes
            if len(hashes) < size >> 8 * level or level and hashes != above:
                self.find("tiles", None, f"tiles/{level}", "hashes are short or wrong; a start makes them again")
                return levels[0] if len(levels[0]) == size else []
        return levels[0] if levels else []

    def check_roots(self, good: list[Statement]) -> int | None:
        """Compares the roots at all sizes, the smallest first; returns the greatest size that agrees."""
        agreed, uncompared = None, []
        stated = sorted(good, key=lambda statement: statement.checkpoint.size)
        frontier = self.frontier()
        # What was pruned is known by the tiles alone, and they count if they lead to where the journal begins.
        pruned = self.tiles[: self.begin] if len(self.tiles) >= self.begin else []
        if pruned and frontier and tree.root(pruned) != frontier.root():
            self.tiles, pruned = [], []
            self.find("tiles", None, "tiles/0", "hashes of pruned records are wrong")
        for statement in stated:
            size = statement.checkpoint.size
            if size < self.begin:
                root = tree.root(pruned[:size]) if pruned else None
            else:
                while frontier and frontier.size < size:
                    leaf = self.leaves.get(frontier.size)
                    frontier = frontier.with_leaf(leaf) if leaf else None
                root = frontier and frontier.root()
            if root == statement.checkpoint.root:
                agreed, statement.is_borne_out = size, True
                self.agreed.add(size)
            elif size >= self.begin or root:
                self.disagree(statement, stated, agreed or 0, root)
                break
            elif statement.is_anchor:
                uncompared.append(statement)
        for anchor in uncompared:
            size = anchor.checkpoint.size
            self.find("tiles", size - 1, "tiles/0", f"{anchor.place} cannot be compared: of what was pruned there are no tiles")
            if size > (agreed or 0):
                self.doubts.append(f"the anchor {anchor.place} cannot be compared")
        return agreed

    def disagree(self, statement: Statement, stated: list[Statement], agreed: int, root: bytes | None) -> None:
        """Names the records by the tiles, if these lead to a root that was signed; else between which they lie."""
        told = len(self.findings)
        edited = [finding["seq"] for finding in self.findings if finding["kind"] == "edited"]
        for signed in [*reversed(stated), statement]:
            if told == len(self.findings):
                self.name_changed(signed.checkpoint)
        is_named = told != len(self.findings)
        size, there = stated[-1].checkpoint.size, self.walk.next
        if size > there and not any(f["kind"] == "truncated" for f in self.walk.findings):
            self.find("truncated", there, stated[-1].place, f"it was signed of {size} records, and {there} are there")
        size = statement.checkpoint.size
        if is_named or any(seq is None or seq < size for seq in self.damaged + edited):
            return
        if not root:
            self.doubts.append(f"{statement.place} cannot be compared: the tree is not known up to there")
        else:
            low = agreed if size <= self.begin else max(agreed, self.begin)
            self.find("edited", low, self.segment_of(low), f"{statement.place} was signed with another root: of the "
                      f"records {low} to {size - 1} some were changed, and the chain computed anew",
                      expected=text(statement.checkpoint.root), actual=text(root))

    def frontier(self) -> tree.Frontier | None:
        """The tree where the journal begins: of a pruned one by the seal or the tiles up to there."""
        if not self.begin:
            return tree.Frontier()
        for seal in self.seals:
            if not seal.trouble and seal.checkpoint.size == self.begin:
                return tree.Frontier(self.begin, list(seal.checkpoint.seal().peaks))
        if len(self.tiles) >= self.begin:
            return tree.Frontier.over(self.tiles[: self.begin])
        self.doubts.append(f"no seal ends at record {self.begin - 1}, and the tiles are short: there is no tree")
        return None

    def name_changed(self, signed: Checkpoint) -> None:
        """Names the records that differ from the tiles, if these lead to the root that was signed."""
        if len(self.tiles) < signed.size or tree.root(self.tiles[: signed.size]) != signed.root:
            return
        known = {finding["seq"] for finding in self.walk.findings + self.findings}
        for seq in range(self.begin, min(signed.size, self.walk.next)):
            leaf, before = self.leaves.get(seq), self.leaves.get(seq - 1)
            is_first = seq == self.begin or before in (None, self.tiles[seq - 1])
            if leaf not in (None, self.tiles[seq]) and is_first and seq not in known:
                self.find("edited", seq, self.segment_of(seq), "the tree that was signed has another record here",
                          expected=text(self.tiles[seq]), actual=text(leaf))

    def segment_of(self, seq: int) -> str:
        return segment_name(max((name for name in self.walk.segments if name <= seq), default=self.begin))

    def check_seals(self, seals: list[Statement]) -> None:
        """Each seal with its segment, and that they follow one another to the last segment but one."""
        reach, before, sealed = 0, None, {statement.seal for statement in self.seals}
        for statement in seals:
            seal = statement.checkpoint.seal()
            if seal.first != reach:
                if reach not in sealed:
                    self.find("unsigned", reach, segment_name(reach), "this segment has no seal")
            elif before and seal.before != before:
                self.find("edited", seal.first, statement.place, "its chain does not go on from the seal before it")
            reach, before = seal.last + 1, seal.end
            self.check_seal(statement, seal)
        names = sorted(self.walk.segments)
        # The last but one can be without its seal after a crash, but then nothing was signed behind that.
        ended = [name for name, following in zip(names, names[1:]) if (self.signed_size or 0) > following]
        for name in [name for name in ended if name >= reach and name not in sealed]:
            self.find("unsigned", name, segment_name(name), "this segment has no seal")

    def check_seal(self, statement: Statement, seal: notes.Seal) -> None:
        there = self.walk.segments.get(seal.first)
        if seal.last < self.begin:
            return
        if not there:
            self.find("missing", seal.first, segment_name(seal.first), "it has a seal, and is gone")
            return
        told = self.walk.findings + self.findings
        is_told = any(f["segment"] == segment_name(seal.first) and f["kind"] in DAMAGE for f in told)
        if is_told or seal.last + 1 not in self.agreed:
            return  # What is wrong with its records is told.
        if seal.last + 1 == self.walk.next and not any(f["kind"] == "truncated" for f in self.walk.findings):
            self.find("truncated", self.walk.next, statement.place, "a segment was begun behind it, and is gone")
        for what, stated, found in [
            ("last record", seal.last, there["last"]), ("length", seal.bytes, there["bytes"]),
            ("digest", text(seal.sha256), text(there["sha256"])),
            ("chain before it", shown(seal.before), shown(there["before"])),
            ("last hash", shown(seal.end), shown(there["h"])),
        ]:
            if found is not None and stated != found:
                self.find("edited", seal.first, segment_name(seal.first), f"its seal states another {what}",
                          expected=str(stated), actual=str(found))
                return


def text(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()
