"""Verifies a journal without its writer's code: written from docs/design.md and the C2SP specifications alone.

    verify.py DIR [--key VKEY|FILE]… [--anchor FILE]… [--witness VKEY|FILE]… [--level L1] [--require L1|L2|L3] [--epoch N]
    verify.py --proof FILE --line FILE --key VKEY|FILE…       is this line in the tree that was signed?
    verify.py DIR --goes-on OLD NEW --key VKEY|FILE…          does one checkpoint go on from another? (by the tiles)

Prints one JSON object. Exit codes: 0 all well, 1 damage, 2 cannot decide, 3 wrong arguments.
"""

import argparse
import json
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import epochs
import notes
import tree
from chain import Newer, Undecided, Walk, content, has_writer
from notes import Checkpoint, Forged, Key, Malformed, Note, Witness
from signed import DAMAGE, Signed, Statement

LOOKS = 3
LEVELS = ("L1", "L2", "L3")
UNSIGNED_MAX = 4096


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(3, f"{self.prog}: {message}\n")


def main(given: list[str] | None = None) -> int:
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", nargs="?", type=Path)
    parser.add_argument("--key", action="append", default=[], help="a verifier key, or a file of them")
    parser.add_argument("--anchor", action="append", default=[], help="checkpoints kept elsewhere; - is standard input")
    parser.add_argument("--witness", action="append", default=[], help="the key of a witness, or a file of them")
    parser.add_argument("--anchor-age-max", type=seconds, help="seconds since a witness has seen it")
    parser.add_argument("--origin", help="the name that the journal must have")
    parser.add_argument("--level", choices=["L1"])
    parser.add_argument("--require", choices=LEVELS)
    parser.add_argument("--epoch", type=int, help="that older epoch alone, and not those before it")
    parser.add_argument("--proof", type=Path)
    parser.add_argument("--line", type=Path)
    parser.add_argument("--goes-on", nargs=2, type=Path, metavar=("OLD", "NEW"))
    arguments = parser.parse_args(given)
    try:
        keys = [key for value in arguments.key for key in keys_of(value)]
        anchors = [anchor for name in arguments.anchor for anchor in anchors_of(name)]
        witnesses = [key for value in arguments.witness for key in keys_of(value, Witness)]
    except OSError as error:
        print(json.dumps({"level": None, "undecided": [f"cannot read what was given: {error}"]}))
        return 2
    except (Malformed, ValueError) as error:
        parser.error(str(error))
    if bool(arguments.proof) != bool(arguments.line) or bool(arguments.proof) == bool(arguments.directory):
        parser.error("name either a journal, or --proof and --line")
    if arguments.epoch is not None and arguments.directory:
        arguments.directory /= f"epochs/{arguments.epoch}"
    if arguments.anchor_age_max is not None and not witnesses:
        parser.error("--anchor-age-max needs a time, and that needs a --witness")
    if not keys and (anchors or witnesses or arguments.proof or arguments.goes_on):
        parser.error("without --key nothing that was signed can be checked")
    try:
        if arguments.proof:
            report, code = check_proof(arguments.proof, arguments.line, keys)
        elif arguments.goes_on:
            report, code = check_goes_on(arguments.directory, *arguments.goes_on, keys)
        else:
            report, code = check_journal(arguments, keys, anchors, witnesses)
    except (Undecided, Newer, Malformed, Forged, OSError) as error:
        report, code = {"level": None, "undecided": [str(error)]}, 2
    except Exception as error:  # What is told of nothing is no damage, as code 1 would say.
        report, code = {"level": None, "undecided": [f"this program fails: {type(error).__name__}: {error}"]}, 2
    print(json.dumps(report, ensure_ascii=True))
    return code


def keys_of(value: str, kind: type[Key] = Key) -> list[Key]:
    path = Path(value)
    lines = path.read_text().split("\n") if path.is_file() else [value]
    return [kind.parse(line.strip()) for line in lines if line.strip() and not line.startswith("#")]


def anchors_of(name: str) -> list[Statement]:
    if Path(name).is_dir():
        files = sorted(Path(name).glob("*.checkpoints"))
        return [statement for file in files for statement in anchors_of(str(file))]
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    # One empty line more is what a copy leaves that has failed.
    ended = re.sub(rb"\n{3,}", b"\n\n", data.lstrip(b"\n"))
    ended = ended if ended.endswith(b"\n\n") else ended + b"\n"
    found = [Statement(name, note, is_anchor=True) for note in notes.history(ended)]
    return found or [Statement(name, data, is_anchor=True)]


def cosigned(directory: Path, witnesses: list[Witness]) -> list[Statement]:
    """What these witnesses have cosigned; what else lies there, where anybody may have put it, is nothing."""
    paths = sorted((directory / "anchors").glob("*")) if witnesses else []
    found = [Statement(f"anchors/{path.name}", content(path), is_anchor=True) for path in paths]
    for statement in found:
        statement.see(witnesses)
    return [statement for statement in found if statement.seen and not statement.trouble]


def check_journal(arguments, keys: list[Key], anchors: list[Statement], witnesses: list[Witness]) -> tuple[dict, int]:
    for anchor in anchors:
        anchor.see(witnesses)
    for look in range(LOOKS):
        # Beside a writer files come and go: what is not found once more was no damage.
        try:
            report, code, is_live = look_at(arguments, keys, anchors, witnesses)
        except FileNotFoundError:
            if look + 1 == LOOKS:
                raise
            continue
        if code != 1 or not is_live:
            break
    return report, code


def look_at(arguments, keys: list[Key], anchors: list[Statement], witnesses: list[Witness]) -> tuple[dict, int, bool]:
    if arguments.epoch is None and os.path.lexists(arguments.directory / "EPOCH"):
        raise Undecided(f"{arguments.directory} was set aside as an epoch: name the journal's directory, and --epoch")
    for anchor in anchors:
        anchor.is_borne_out = False
    if epochs.is_half(arguments.directory) and not has_writer(arguments.directory):
        raise Undecided("a part of it has been set aside as an epoch: the next start does the rest")
    # What was signed is read first: it speaks of records that are durable by then.
    signed = Signed(arguments.directory, [])
    given, anchors = anchors, anchors + cosigned(arguments.directory, witnesses)
    walk = Walk(arguments.directory, signed.take_leaf)
    walk.walk()
    older = [] if arguments.epoch is not None else epochs.check(
        arguments.directory, walk.epoch, walk.origin, bool(walk.records or signed.is_there or any(it["kind"] in DAMAGE for it in walk.findings)))
    for epoch in older:
        anchors += cosigned(arguments.directory / epoch["directory"], witnesses)
    doubts, passed_over = [], []
    if arguments.level != "L1":
        if keys:
            own, others = by_origin(anchors, walk.origin)
            signed.anchors = own
            signed.compare(walk, keys)
            doubts = signed.doubts + [doubt for epoch in older for doubt in in_epoch(arguments, epoch, others, keys, signed)]
            if given and not any(anchor.is_borne_out for anchor in given):
                doubts.append("no anchor of --anchor counts")
            if witnesses and not any(anchor.seen and anchor.is_borne_out for anchor in anchors):
                doubts.append("no witness of --witness has cosigned anything of it")
            known = {origin_of(epoch, walk) for epoch in older}
            passed_over = sorted({it.checkpoint.origin for it in others if is_signed(it, keys)} - known)
            is_former = signed.signed_size is None and any(it["kind"] == "former" for it in signed.findings)
            # A start that signs an older journal writes the seals first.
            if not signed.checkpoint and not signed.history or is_former:
                doubts.append("nothing is signed here, or nothing of what is kept")
        elif signed.is_there:
            doubts.append("it is signed, and there is no --key; --level L1 leaves the signatures out")
    if arguments.anchor_age_max is not None and not is_young(signed.seen, arguments.anchor_age_max):
        doubts.append("no witness has seen it in the time of --anchor-age-max")
    if arguments.origin is not None and not re.fullmatch(re.escape(arguments.origin) + r"(#\d+)?", walk.origin or ""):
        doubts.append(f"it is another journal, {walk.origin}")
    findings = walk.findings + signed.findings
    is_damaged = any(finding["kind"] in DAMAGE for finding in findings) or any(
        epoch["state"] != "unchanged" for epoch in older)
    level = None if is_damaged else "L3" if signed.anchored_size is not None and signed.signed_size is not None \
        else "L2" if signed.signed_size is not None else "L1"
    # Behind what a crash leaves unsigned, anyone may have written.
    size = max(signed.signed_size or 0, signed.anchored_size or 0)
    if level and size and not walk.is_live and walk.next - size > UNSIGNED_MAX:
        level = "L1"
    if arguments.require and (level or "") < arguments.require:
        doubts.append(f"{arguments.require} is not reached")
    report = {
        "level": level, "records": walk.records, "first_seq": walk.first, "last_seq": walk.last,
        "signed_size": signed.signed_size, "anchored_size": signed.anchored_size,
        "anchored_at": shown(signed.seen), "anchored_by": signed.seen and signed.seen[1], "findings": findings,
        "unfinished": walk.unfinished, "epochs": older, "undecided": doubts,
        "origin": walk.origin, "passed_over": passed_over,
    }
    if walk.pruned:
        report["pruned"] = walk.pruned
    return report, 1 if is_damaged else 2 if doubts else 0, walk.is_live


def shown(seen: tuple[int, str] | None) -> str | None:
    # The last second that 64 bits of nanoseconds can have.
    time = seen and datetime.fromtimestamp(min(seen[0], (1 << 63) // 10**9), UTC)
    return time and time.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")


def by_origin(anchors: list[Statement], origin: str | None) -> tuple[list[Statement], list[Statement]]:
    own, others = [], []
    for anchor in anchors:
        (own if anchor.trouble or anchor.checkpoint.origin == origin else others).append(anchor)
    return own, others


def in_epoch(arguments, epoch: dict, others: list[Statement], keys: list[Key], into: Signed) -> list[str]:
    """Anchors of an older epoch's origin speak of that epoch; those of other journals are passed over."""
    origin = origin_of(epoch, into.walk)
    anchors = [anchor for anchor in others if anchor.checkpoint.origin == origin]
    if not anchors or epoch["state"] == "missing":
        return []
    there = Signed(arguments.directory / epoch["directory"], anchors)
    try:
        walk = Walk(there.directory, there.take_leaf)
        walk.walk()
    except Undecided:
        signed = [anchor for anchor in anchors if is_signed(anchor, keys)]
        for anchor in signed[:1]:
            into.find("truncated", 0, epoch["directory"], f"all is gone, and {anchor.place} is of records that were there")
        return [] if signed else ["nothing is left of what anchors speak of"]
    walk.origin = origin
    there.compare(walk, keys)
    size = max(anchor.checkpoint.size for anchor in anchors)
    into.findings += [{**finding, "segment": f"{epoch['directory']}/{finding['segment']}"}
                      for finding in [it for it in walk.findings if not is_stated(it, epoch, size)] + there.findings]
    return there.doubts


def origin_of(epoch: dict, walk: Walk) -> str:
    """By the name of the journal: its own records, and EPOCH, may be other ones."""
    return epochs.origin(epochs.base(walk.origin, walk.epoch), epoch["epoch"])


def is_signed(anchor: Statement, keys: list[Key]) -> bool:
    try:
        return bool(anchor.note.signers(keys))
    except Forged:
        return False


def seconds(value: str) -> int:
    number = int(value)
    if not 0 <= number < 1 << 32:
        raise ValueError
    return number


def is_young(seen: tuple[int, str] | None, most: int) -> bool:
    return bool(seen) and int(datetime.now(UTC).timestamp() - seen[0]) <= most


def is_stated(finding: dict, epoch: dict, size: int) -> bool:
    """Whether it was damage already when the epoch was set aside; of records that were cut off, so many. What only
    the signatures tell is never excused: whoever rewrites an epoch writes its EPOCH, too."""
    stated = epoch["stated"] or {}
    is_cut_anew = finding["kind"] == "truncated" and size > stated.get("acknowledged", 0)
    places = {(place["kind"], place["seq"]) for place in stated.get("places", [])}
    return (finding["kind"], finding["seq"]) in places and not is_cut_anew


def trusted(note: Note, keys: list[Key]) -> Checkpoint:
    if not note.signers(keys):
        raise Undecided("no trusted key has signed this checkpoint")
    return Checkpoint.parse(note.text)


def check_proof(path: Path, line: Path, keys: list[Key]) -> tuple[dict, int]:
    index, hashes, note = notes.proof(path.read_text())
    checkpoint = trusted(note, keys)
    leaf = tree.leaf(line.read_bytes().removesuffix(b"\n"))
    is_there = tree.included(checkpoint.root, checkpoint.size, index, leaf, hashes)
    return {"included": is_there, "origin": checkpoint.origin, "index": index, "size": checkpoint.size}, int(not is_there)


def check_goes_on(directory: Path, old: Path, new: Path, keys: list[Key]) -> tuple[dict, int]:
    before, after = (trusted(Note.parse(path.read_bytes()), keys) for path in (old, new))
    data = content(directory / "tiles/0")
    leaves = [data[at : at + 32] for at in range(0, 32 * after.size, 32)]
    if len(data) < 32 * after.size or before.size > after.size or before.origin != after.origin:
        raise Undecided("the tiles are too short, or these are not an old and a new checkpoint of one journal")
    # The tiles are not trusted: what they give is a proof, and that is checked against both roots.
    proof = tree.consistency(leaves, before.size)
    goes_on = tree.consistent((before.size, before.root), (after.size, after.root), proof)
    if not goes_on and tree.root(leaves) != after.root:
        raise Undecided("the tiles do not lead to the new checkpoint")
    return {"goes_on": goes_on, "origin": after.origin, "from": before.size, "to": after.size}, int(not goes_on)


if __name__ == "__main__":
    sys.exit(main())
