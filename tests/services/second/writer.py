"""A small writer of signed journals for the verifier's own tests: every byte follows from its arguments."""

import base64
import json
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import tree
from chain import chained, shown
from notes import Key, Witness

ORIGIN = "example.com/second"


def text(hash_: bytes) -> str:
    return base64.b64encode(hash_).decode()


class Signer:
    def __init__(self, name: str, seed: int):
        self.secret = Ed25519PrivateKey.from_private_bytes(bytes([seed] * 32))
        public = self.secret.public_key().public_bytes_raw()
        self.key = Key(name, sha256(name.encode() + b"\n\x01" + public).digest()[:4], public)

    def line(self, note: str) -> str:
        return f"\u2014 {self.key.name} {text(self.key.id + self.secret.sign(note.encode()))}\n"


class Cosigner:
    """A witness that looks at nothing."""

    def __init__(self, name: str, seed: int):
        self.secret = Signer(name, seed).secret
        public = self.secret.public_key().public_bytes_raw()
        self.key = Witness(name, sha256(name.encode() + b"\n\x04" + public).digest()[:4], public)

    def cosign(self, note: str, time: int, changed: str = "") -> str:
        told = f"cosignature/v1\ntime {time}\n{note.partition(chr(10) * 2)[0]}\n{changed}"
        line = self.key.id + time.to_bytes(8, "big") + self.secret.sign(told.encode())
        return f"{note}\u2014 {self.key.name} {text(line)}\n"


def signed(note: str, *signers: Signer) -> str:
    return note + "\n" + "".join(signer.line(note) for signer in signers)


class Writer:
    """Writes records, segments, seals, checkpoints and tiles as docs/design.md has them."""

    def __init__(self, directory: Path, signer: Signer, origin: str = ORIGIN, epoch: dict | None = None):
        self.epoch, self.directory, self.signer, self.origin = epoch, directory, signer, origin
        self.seq, self.h, self.data, self.tree = 0, sha256(origin.encode()).digest(), b"", tree.Frontier()
        self.leaves, self.seconds, self.previous = [], 0, None
        (directory / "seg").mkdir(parents=True)
        (directory / "tiles").mkdir()
        (directory / "LOCK").touch()
        self.begin("epoch" if epoch else "first")
        self.own("JournalStart", "journal.start", {"boot": f"{1:016x}", "writer": "second", "unclean": False})

    def record(self, body: str) -> None:
        self.seconds += 1
        prefix = (f'{{"v":1,"seq":{self.seq},"observed":"{self.time()}","boot":"{1:016x}",'
                  f'"mono":{self.seconds},{body}').encode()
        self.h = chained(self.h, prefix)
        line = prefix + f',"h":"{shown(self.h)}"}}'.encode()
        self.data += line + b"\n"
        self.leaves.append(tree.leaf(line))
        self.tree.with_leaf(self.leaves[-1])
        self.seq += 1
        (self.directory / self.segment()).write_bytes(self.data)
        mark = f"{self.seq:020} {self.seq:020}\n{shown(self.h)} ".encode()
        (self.directory / "WATERMARK").write_bytes(mark + shown(sha256(mark).digest())[:22].encode() + b"\n")

    def time(self) -> str:
        return f"2026-01-01T{self.seconds // 3600:02}:{self.seconds // 60 % 60:02}:{self.seconds % 60:02}.000000000Z"

    def own(self, action: str, name: str, journal: dict) -> None:
        members = json.dumps(journal, separators=(",", ":"), ensure_ascii=False)
        self.record(f'"id":"019b76da-a800-7000-8000-{self.seq:012x}","time":"{self.time()}","category":"journal",'
                    f'"action":"{action}","name":"{name}","outcome":"success","severity":1,"journal":{members}')

    def segment(self) -> str:
        return f"seg/{self.first:020}.jsonl"

    def begin(self, reason: str, **more) -> None:
        self.first, self.data, self.before = self.seq, b"", self.h
        previous = self.previous and {**self.previous, **more}
        epoch = {"epoch": self.epoch} if self.epoch and not self.seq else {}
        self.own("JournalSegment", "journal.segment",
                 {"origin": self.origin, "reason": reason, "previous": previous, "open": [], **epoch})

    def next_segment(self, reason: str = "size", left_over: bytes = b"") -> None:
        """Seals the segment; with bytes left over, as behind a failed sync."""
        size, length, digest = self.seq, len(self.data), sha256(self.data).digest()
        end, name = self.h, self.directory / f"seg/{self.first:020}.seal"
        note = self.text() + (f"segment {self.first} {size - 1} {length} {text(digest)}\n"
                              f"chain {shown(self.before)} {shown(end)}\n"
                              f"peaks {' '.join(text(peak) for peak in self.tree.peaks)}\n")
        if left_over:
            (self.directory / self.segment()).write_bytes(self.data + left_over)
        self.previous = {"segment": self.segment(), "last_seq": size - 1, "h": shown(end)}
        self.begin("sync_failed" if left_over else reason, **({"length": length} if left_over else {}))
        name.write_text(signed(note, self.signer))
        self.checkpoint(history=True)

    def text(self) -> str:
        return f"{self.origin}\n{self.seq}\n{text(self.tree.root())}\n"

    def checkpoint(self, history: bool = False) -> str:
        level, hashes = 0, self.leaves
        while hashes:
            (self.directory / f"tiles/{level}").write_bytes(b"".join(hashes))
            hashes = [tree.root(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
            level += 1
        note = signed(self.text(), self.signer)
        (self.directory / "checkpoint").write_text(note)
        if history:
            with open(self.directory / "checkpoints", "a") as past:
                past.write(note + "\n")
        return note

    def rotate(self, new: Signer) -> str:
        note = signed(self.rotation(self.signer.key, new.key), self.signer, new)
        self.rotated(note)
        self.signer = new
        return note

    def rotation(self, old: Key | str, new: Key) -> str:
        return f"audited key rotation\n{self.text()}{old}\n{new}\n"

    def rotated(self, note: str) -> None:
        self.own("JournalKeyRotated", "journal.key_rotated", {"rotation": note})

    def prune(self) -> None:
        """Removes all segments before the last one that is over."""
        last = self.previous
        self.next_segment("prune")
        paths = sorted((self.directory / "seg").glob("*.jsonl"))[:-2]
        self.own("JournalPruned", "journal.pruned", {
            "first_seq": 0, "last_seq": last["last_seq"], "h": last["h"], "segments": len(paths), "asked_by": "uid:0",
            "reason": "old"})
        for path in paths:
            path.unlink()

    def stop(self) -> str:
        self.own("JournalStop", "journal.stop", {})
        return self.checkpoint(history=True)

    def set_aside(self, damage: int = 0, places: list[dict] | None = None) -> "Writer":
        """Makes an epoch of it, and begins the next."""
        number = self.epoch["number"] if self.epoch else 0
        epoch, files = self.directory / f"epochs/{number}", []
        epoch.mkdir(parents=True)
        for name in ("WATERMARK", "checkpoint", "checkpoints", "tiles", "anchors", "seg"):
            if (self.directory / name).exists():
                (self.directory / name).rename(epoch / name)
        for path in sorted(epoch.rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                files.append({"file": str(path.relative_to(epoch)), "bytes": len(content),
                              "sha256": sha256(content).hexdigest()})
        stated = {"epoch": number, "directory": f"epochs/{number}", "origin": self.origin, "cause": "adopted", "reason": "a test",
                  "time": self.time(), "acknowledged": self.seq, "records": self.seq, "last_seq": self.seq - 1,
                  "h": shown(self.h), "damage": damage, "places": places or []}
        earlier = self.epoch and {"epoch": number - 1, "sha256": self.epoch["sha256"]}
        manifest = json.dumps({"v": 1, **stated, "earlier": earlier, "files": files}) + "\n"
        (epoch / "EPOCH").write_text(manifest)
        link = {"number": number + 1, "previous": stated, "sha256": sha256(manifest.encode()).hexdigest()}
        return Writer(self.directory, self.signer, f"{ORIGIN}#{number + 1}", link)

    def proof(self, index: int) -> str:
        hashes = "".join(text(hash_) + "\n" for hash_ in inclusion(self.leaves, index))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{self.checkpoint()}"


def inclusion(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 6962, section 2.1.1."""
    if len(leaves) < 2:
        return []
    middle = tree.split(len(leaves))
    if index < middle:
        return inclusion(leaves[:middle], index) + [tree.root(leaves[middle:])]
    return inclusion(leaves[middle:], index - middle) + [tree.root(leaves[:middle])]


def written(directory: Path, signer: Signer, records: int = 40, each: int = 10, mark: str = "record",
            anchored: list[str] | None = None) -> Writer:
    """A journal of several segments, with a checkpoint after every fifth record."""
    writer = Writer(directory, signer)
    for number in range(records):
        if number and number % each == 0:
            writer.next_segment()
        writer.record(f'"action":"UpdateUser","note":"{mark} {number}"')
        if number % 5 == 4:
            note = writer.checkpoint()
            if anchored is not None:
                anchored.append(note)
    return writer
