"""Signed notes and what stands in them: checkpoints, seals, rotations and proofs (c2sp.org)."""

import base64
import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    raise SystemExit("`cryptography` is missing; run: python3 -m pip install cryptography")

import tree

NUMBER = r"0|[1-9][0-9]{0,19}"


class Malformed(Exception):
    """What it is not, and why."""


class Forged(Exception):
    """A signature of a known key that does not verify."""


def decode(text: str, length: int | None = None, url: bool = False) -> bytes:
    """Base64 with one spelling only: other bits at its end are a mistake."""
    padded, altchars = (text + "=" * (-len(text) % 4), b"-_") if url else (text, b"+/")
    try:
        data = base64.b64decode(padded.encode("ascii"), altchars, validate=True)
    except ValueError as error:
        raise Malformed(f"no base64: {text[:50]!r}") from error
    if base64.b64encode(data, altchars).decode() != padded or length not in (None, len(data)):
        raise Malformed(f"no base64 of {length} bytes: {text[:50]!r}")
    return data


def matched(pattern: str, text: str, what: str) -> re.Match:
    found = re.fullmatch(pattern, text)
    if not found:
        raise Malformed(f"no {what}: {text[:80]!r}")
    return found


@dataclass(frozen=True)
class Key:
    """A verifier key, known by its name and id together."""

    name: str
    id: bytes
    public: bytes
    KIND: ClassVar[int] = 1

    @classmethod
    def parse(cls, vkey: str) -> "Key":
        name, id_, kind = matched(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", vkey, "verifier key").groups()
        material = decode(kind, 33)
        if material[0] != cls.KIND:
            raise Malformed(f"{name}: its type is {material[0]:#04x}, and {cls.KIND:#04x} is needed")
        if sha256(name.encode() + b"\n" + material).digest()[:4].hex() != id_:
            raise Malformed(f"{name}: its id does not follow from the key")
        return cls(name, bytes.fromhex(id_), material[1:])

    def __str__(self) -> str:
        kind = base64.b64encode(bytes([self.KIND]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{kind}"

    def verifies(self, text: str, signature: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class Witness(Key):
    """The key of a witness (c2sp.org/tlog-cosignature)."""

    KIND = 4

    def cosigned(self, note: "Note") -> int | None:
        """When it has cosigned the note first, in seconds since 1970; None if it has not."""
        times = []
        for name, signature in note.signatures:
            if (name, signature[:4]) == (self.name, self.id):
                time = int.from_bytes(signature[4:12], "big")
                if not self.verifies(f"cosignature/v1\ntime {time}\n{note.text}", signature[12:]):
                    raise Forged(f"the cosignature of {name} does not verify")
                times += [time] if 0 < time < 1 << 63 else []
        return min(times, default=None)


@dataclass(frozen=True)
class Note:
    text: str
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def parse(cls, data: bytes | str) -> "Note":
        try:
            whole = data.decode() if isinstance(data, bytes) else data
        except UnicodeDecodeError as error:
            raise Malformed("a note that is no UTF-8") from error
        if re.search(r"[\x00-\x09\x0b-\x1f]", whole):
            raise Malformed("a note with control characters")
        text, blank, rest = whole.rpartition("\n\n")
        if not blank or not rest.endswith("\n"):
            raise Malformed("a note without signatures")
        signatures = []
        for line in rest[:-1].split("\n"):
            name, data_ = matched(r"\u2014 ([^\s+]+) (\S+)", line, "signature line").groups()
            signature = decode(data_)
            if len(signature) < 5:
                raise Malformed(f"the signature of {name} is too short")
            signatures.append((name, signature))
        return cls(text + "\n", tuple(signatures))

    def signers(self, keys: list[Key]) -> list[Key]:
        """The known keys that signed; one whose signature does not verify voids the note."""
        found = []
        for name, signature in self.signatures:
            for key in keys:
                if (key.name, key.id) == (name, signature[:4]):
                    if not key.verifies(self.text, signature[4:]):
                        raise Forged(f"the signature of {name} does not verify")
                    found.append(key)
        return found


@dataclass(frozen=True)
class Seal:
    first: int
    last: int
    bytes: int
    sha256: bytes
    before: bytes
    end: bytes
    peaks: tuple[bytes, ...]


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = field(default=())

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not all(lines):
            raise Malformed("a checkpoint with fewer than three lines, or an empty one")
        size = int(matched(NUMBER, lines[1], "size").group())
        return cls(lines[0], size, decode(lines[2], 32), tuple(lines[3:]))

    def seal(self) -> Seal:
        try:
            segment, chain, peaks = self.extensions
        except ValueError as error:
            raise Malformed("a seal has three extension lines") from error
        number = f"({NUMBER})"
        first, last, length, digest = matched(
            rf"segment {number} {number} {number} (\S+)", segment, "line of the segment"
        ).groups()
        before, end = matched(r"chain (\S{43}) (\S{43})", chain, "line of the chain").groups()
        if not peaks.startswith("peaks "):
            raise Malformed(f"no line of the peaks: {peaks[:50]!r}")
        hashes = tuple(decode(hash_, 32) for hash_ in peaks.split(" ")[1:])
        seal = Seal(int(first), int(last), int(length), decode(digest, 32),
                    decode(before, 32, url=True), decode(end, 32, url=True), hashes)
        if not seal.first <= seal.last == self.size - 1:
            raise Malformed("a seal of another size than its segment's end")
        if len(hashes) != len(tree.widths(self.size)) or tree.bag(list(hashes)) != self.root:
            raise Malformed("a seal whose peaks do not lead to its root")
        return seal


def history(data: bytes) -> list[bytes]:
    """The notes of `checkpoints`, each before its empty line; what has only begun at the end is not there."""
    found, end = [], 0
    for entry in re.finditer(rb"(.+?\n\n(?:\xe2\x80\x94 [^\n]*\n)+)\n", data, re.DOTALL):
        found.append(entry.group(1))
        end = entry.end()
    rest = data[end:]
    if not rest and found and b"\0" in found[-1]:
        return found[:-1]  # A power cut took sectors of the last one.
    return found if has_begun(rest) or b"\0" in rest else [*found, rest]


def has_begun(data: bytes) -> bool:
    """Whether a checkpoint with its empty line can begin like this."""
    *lines, last = data.split(b"\n")
    for at, line in enumerate(lines):
        is_fit = bool(line) if at < 3 else not line if at == 3 else re.fullmatch(
            rb"\xe2\x80\x94 \S+ [A-Za-z0-9+/]+={0,2}", line)
        if not is_fit:
            return False
    dash = b"\xe2\x80\x94 "
    return len(lines) < 3 or not last or len(lines) > 3 and (last.startswith(dash) or dash.startswith(last))


@dataclass(frozen=True)
class Rotation:
    """Behind `size` records, over which the tree has this root, `new` stands for `old`; None for an old one that was lost."""

    seq: int
    size: int
    root: bytes
    old: Key | None
    new: Key


def rotation(seq: int, note: Note, origin: str) -> Rotation:
    """What the record `seq` says of a change that both keys have signed."""
    lines = note.text.split("\n")
    if len(lines) != 7 or lines[:2] != ["audited key rotation", origin] or lines[6]:
        raise Malformed("no rotation of this journal's keys")
    size, root = int(matched(NUMBER, lines[2], "size").group()), decode(lines[3], 32)
    if size > seq:
        raise Malformed("a rotation behind records that come after it")
    is_lost = re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}", lines[4])
    old, new = None if is_lost else Key.parse(lines[4]), Key.parse(lines[5])
    signers = {key for key in (old, new) if key}
    if not signers <= set(note.signers(list(signers))):
        raise Forged("a rotation that the old and the new key have not both signed")
    return Rotation(seq, size, root, old, new)


def proof(text: str) -> tuple[int, list[bytes], Note]:
    """Index, hashes and checkpoint of a c2sp.org/tlog-proof@v1."""
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != "c2sp.org/tlog-proof@v1":
        raise Malformed("no c2sp.org/tlog-proof@v1")
    if lines and lines[0].startswith("extra "):
        decode(lines.pop(0)[len("extra ") :])
    index = matched(rf"index ({NUMBER})", lines.pop(0) if lines else "", "index").group(1)
    return int(index), [decode(line, 32) for line in lines], Note.parse(checkpoint)
