"""The verifier against journals of its own writer: each manipulation must be found, and nothing in whole ones."""

import argparse
import contextlib
import fcntl
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
import unittest
import unittest.mock
from hashlib import sha256
from pathlib import Path

import tree
import verify
from chain import Line, chained, lines_of, shown
from notes import Checkpoint, Note, history
from writer import Cosigner, Signer, Writer, signed, text, written

HERE = Path(__file__).parent
GOLDEN = HERE.parent.parent / "golden"
WITNESS = Cosigner("witness.example/w1", 9)
OURS, NEW, FOREIGN = Signer("example.com/second", 1), Signer("example.com/second-2", 2), Signer("example.com/other", 3)


def replaced(line: Line) -> Line:
    line.raw = line.raw.replace(b"record", b"forged")
    return line


def run(*arguments) -> tuple[int, dict]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        try:
            code = verify.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
    return code, json.loads(out.getvalue() or "{}")


def signed_of(directory: Path) -> verify.Signed:
    there = verify.Signed(directory, [])
    there.walk = verify.Walk(directory, there.take_leaf)
    there.walk.walk()
    return there


class Case(unittest.TestCase):
    def setUp(self):
        self.place = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.place)
        self.journal, self.anchors = self.place / "journal", []

    def written(self, **options) -> Writer:
        writer = written(self.journal, OURS, anchored=self.anchors, **options)
        writer.stop()
        return writer

    def anchor(self, note: str) -> Path:
        path = self.place / "anchor"
        path.write_text(note)
        return path

    def verify(self, *more, key: Signer = OURS) -> tuple[int, dict]:
        return run(self.journal, "--key", key.key, *more)

    def damaged(self, kind: str, seq: int | None, *more, key: Signer = OURS) -> dict:
        code, report = self.verify(*more, key=key)
        found = [(finding["kind"], finding["seq"]) for finding in report["findings"]]
        self.assertIn((kind, seq), found, report)
        self.assertEqual((code, report["level"]), (1, None))
        return report

    def whole(self, level: str, *more, key: Signer = OURS) -> dict:
        code, report = self.verify(*more, key=key)
        self.assertEqual((code, report.get("level"), report["findings"]), (0, level, []), report)
        return report

    def segments(self) -> list[Path]:
        return sorted((self.journal / "seg").glob("*.jsonl"))

    def change(self, segment: int, change) -> None:
        path = self.segments()[segment]
        path.write_bytes(b"".join(line + b"\n" for line in change(path.read_bytes().split(b"\n")[:-1])))

    def rechain(self, change, signer: Signer | None = None) -> None:
        """Rewrites all records as somebody would who can write here: whole chain, headers, WATERMARK, and what they can sign."""
        lines = [line for path in self.segments() for line in lines_of(path.read_bytes())]
        shutil.rmtree(self.journal / "seg") if signer else [path.unlink() for path in self.segments()]
        kept = self.place / "kept"
        forged = Writer(kept, signer or FOREIGN)
        kept_bodies = [re.sub(rb'^\{"v".*?"mono":\d+,', b"", line.prefix).decode() for line in change(lines)]
        for body in kept_bodies[2:]:
            if '"JournalSegment"' in body:
                forged.next_segment()
            else:
                forged.record(body)
        forged.checkpoint(history=True)
        for path in kept.rglob("*"):
            name = path.relative_to(kept)
            is_signed = name.suffix == ".seal" or name.parts[0] in ("checkpoint", "checkpoints", "tiles")
            if path.is_file() and (signer or not is_signed):
                (self.journal / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.journal / name)


class Whole(Case):
    def test_levels(self):
        writer = self.written()
        self.whole("L2")
        report = self.whole("L3", "--anchor", self.anchor(self.anchors[3]))
        self.assertEqual((report["anchored_size"], report["signed_size"]), (23, writer.seq))
        self.assertEqual(run(self.journal)[0], 2)
        self.assertEqual(run(self.journal, "--level", "L1")[0], 0)
        self.assertEqual(self.verify("--require", "L3")[0], 2)
        other = Writer(self.place / "other", OURS, "example.com/other").stop()
        code, report = self.verify("--anchor", self.anchor(other))
        self.assertEqual((code, report["passed_over"]), (2, ["example.com/other"]))
        foreign = written(self.place / "foreign", FOREIGN).stop()
        self.assertEqual(self.verify("--anchor", self.anchor(foreign))[0], 2)
        self.assertEqual(run(self.journal, "--anchor", self.place / "none")[0], 2)

    def test_the_name(self):
        later = self.written().set_aside()
        later.stop()
        for name, code in [("example.com/second", 0), ("example.com/secon", 2), ("example.com.second", 2), ("", 2)]:
            self.assertEqual(self.verify("--origin", name)[0], code, name)

    def test_golden_journals(self):
        for name, records in [("journal", 11), ("superseded", 8), ("epochs", 3)]:
            code, report = run(GOLDEN / name)
            self.assertEqual((code, report["level"], report["records"]), (0, "L1", records), name)
        self.assertEqual([epoch["state"] for epoch in report["epochs"]], ["unchanged"] * 2)
        code, report = run(GOLDEN / "epochs", "--epoch", 0)
        self.assertEqual((code, report["findings"][0]["kind"], report["findings"][0]["seq"]), (1, "edited", 9))

    def test_golden_signed_journal(self):
        """It was signed by the writer that is tested here, with a seed of ones."""
        key, journal = Signer("example.com/golden", 1).key, GOLDEN / "signed"
        code, report = run(journal, "--key", key, "--anchor", journal / "checkpoint")
        self.assertEqual((code, report["level"], report["findings"]), (0, "L3", []))
        code, report = run(journal, "--key", key, "--witness", WITNESS.key)
        self.assertEqual((code, report["level"], report["anchored_size"]), (0, "L3", 8))
        self.assertEqual(report["anchored_at"], "2026-01-01T00:00:10.000000000Z")

    def test_what_a_witness_has_cosigned(self):
        writer = self.written()
        kept = self.journal / "anchors" / WITNESS.key.id.hex()
        kept.parent.mkdir()
        for cosigned, counts in [
            (WITNESS.cosign(self.anchors[3], 1767225700), True),
            (Cosigner(WITNESS.key.name, 5).cosign(self.anchors[3], 1767225700), False),
            (WITNESS.cosign(self.anchors[3], 1767225700, changed="more"), False),
            (WITNESS.cosign(self.anchors[3], 0), False),
            (WITNESS.cosign(self.anchors[3], 1 << 63), False),
            # Of several times the first counts.
            (WITNESS.cosign(WITNESS.cosign(self.anchors[3], 1767225900), 1767225700), True),
            (WITNESS.cosign(WITNESS.cosign(self.anchors[3], 1767225700), 1767225900), True),
            (WITNESS.cosign(signed(self.anchors[3].partition("\n\n")[0] + "\n", FOREIGN), 1767225700), False),
            (self.anchors[3], False),
        ]:
            kept.write_text(cosigned)
            code, report = self.verify("--witness", WITNESS.key)
            found = report["level"], report["anchored_size"], report["anchored_at"], report["anchored_by"]
            time = "2026-01-01T00:01:40.000000000Z"
            self.assertEqual(found, ("L3", 23, time, WITNESS.key.name) if counts else ("L2", None, None, None))
            self.assertEqual((code, report["findings"]), (0 if counts else 2, []))
            self.whole("L2")
        kept.unlink()
        copied = self.anchor(WITNESS.cosign(self.anchors[3], 1767225700))
        self.assertEqual(self.whole("L3", "--anchor", copied, "--witness", WITNESS.key)["anchored_by"], WITNESS.key.name)
        self.assertEqual(run(self.journal, "--witness", WITNESS.key)[0], 3)
        self.assertEqual(self.verify("--witness", OURS.key)[0], 3)
        self.assertEqual(self.verify("--anchor", copied)[1]["anchored_at"], None)
        kept.write_text(copied.read_text())
        writer.set_aside().stop()
        report = self.whole("L2", "--witness", WITNESS.key)
        self.assertEqual((report["anchored_size"], [epoch["state"] for epoch in report["epochs"]]), (None, ["unchanged"]))

    def test_how_long_ago_a_witness_has_seen_it(self):
        self.written()
        kept = self.anchor(WITNESS.cosign(self.anchors[3], int(time.time()) - 100))
        asked = ["--anchor", kept, "--anchor-age-max"]
        witnessed = ["--witness", WITNESS.key, *asked]
        for most, code in [("0", 2), ("99", 2), ("200", 0), (str((1 << 32) - 1), 0), (str(1 << 32), 3), ("-1", 3), ("x", 3)]:
            self.assertEqual(self.verify(*witnessed, most)[0], code, most)
        self.assertEqual(self.verify(*asked, "200")[0], 3)
        # A level that needs no witness gives no time, and neither does a newer checkpoint that none has seen.
        self.assertEqual(self.verify(*witnessed, "200", "--level", "L1")[0], 2)
        kept.write_text(kept.read_text() + "\n" + self.anchors[4])
        code, report = self.verify(*witnessed, "200")
        self.assertEqual((code, report["level"], report["anchored_at"]), (2, "L3", None))

    def test_a_long_end_that_nobody_has_signed_keeps_the_level_down(self):
        # Each of its records writes its segment anew, so the limit is a smaller one here.
        writer = self.written()
        with unittest.mock.patch("verify.UNSIGNED_MAX", 4):
            for more in range(1, 7):
                writer.record('"action":"B"')
                for level, *anchor in (["L2"], ["L3", "--anchor", self.anchor(self.anchors[-1])]):
                    level = level if more <= 4 else "L1"
                    report = self.whole(level, *anchor)
                    self.assertEqual(report["last_seq"] + 1 - report["signed_size"], more)
                self.assertEqual(self.verify("--require", "L2")[0], 0 if more <= 4 else 2)
            # A writer that lives signs them soon.
            with open(self.journal / "LOCK") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self.whole("L2")
        self.assertEqual(verify.UNSIGNED_MAX, 4096)

    def test_a_rewritten_journal_is_found_by_what_was_cosigned(self):
        self.written()
        self.rechain(lambda lines: [line for line in lines if b"record 7" not in line.raw], OURS)
        (self.journal / "anchors").mkdir()
        (self.journal / "anchors/x").write_text(WITNESS.cosign(self.anchors[3], 1767225700))
        self.whole("L2")
        self.assertEqual(self.verify("--witness", WITNESS.key)[0], 1)

    def test_large_journal_and_its_tiles(self):
        self.written(records=600, each=100)
        self.whole("L2")
        for level in (0, 1):
            path = self.journal / f"tiles/{level}"
            kept = path.read_bytes()
            path.write_bytes(b"\1" + kept[1:])
            code, report = self.verify()
            self.assertEqual((code, report["level"], report["findings"][0]["kind"]), (0, "L2", "tiles"))
            path.write_bytes(kept)

    def test_left_over_bytes(self):
        writer = written(self.journal, OURS)
        writer.next_segment(left_over=b"never acknowledged\n")
        writer.stop()
        code, report = self.verify()
        self.assertEqual((code, [finding["kind"] for finding in report["findings"]]), (0, ["superseded"]))

    def test_an_anchor_of_this_journal_that_no_trusted_key_has_signed(self):
        self.written()
        forged = signed(self.anchors[5].partition("\n\n")[0] + "\n", FOREIGN)
        for kept, code in [(self.anchors[3], 2), (self.anchors[5], 0), (self.anchors[6], 0)]:
            found = self.verify("--anchor", self.anchor(kept + "\n" + forged))
            self.assertEqual((found[0], found[1]["level"]), (code, "L3"))

    def test_rotation(self):
        writer = written(self.journal, OURS)
        writer.checkpoint()
        writer.rotate(NEW)
        writer.next_segment()
        writer.stop()
        self.whole("L2")
        self.whole("L2", key=NEW)
        writer.signer = OURS
        writer.checkpoint()
        self.damaged("unsigned", writer.seq - 1)

    def test_rotation_that_was_pruned(self):
        """The newest key is enough: what the one before has signed is gone but for its notes."""
        writer = written(self.journal, OURS)
        writer.checkpoint(history=True)
        writer.rotate(NEW)
        for _ in range(2):
            writer.next_segment()
            writer.record('"action":"A"')
        writer.prune()
        writer.stop()
        code, report = self.verify(key=NEW)
        self.assertEqual((code, report["level"], [it["kind"] for it in report["findings"]]), (0, "L2", ["former"]))
        self.assertEqual(self.verify("--key", OURS.key, key=NEW)[1]["findings"], [])
        self.assertEqual(self.verify()[0], 1)
        for path in [self.journal / "checkpoint", self.journal / "checkpoints", *self.segments()]:
            path.with_suffix(path.suffix.replace(".jsonl", ".seal")).unlink(missing_ok=True)
        self.assertEqual(self.verify(key=NEW)[0], 2, self.verify(key=NEW))

    def test_rotation_behind_damage(self):
        """The chain shows it already; the root that both keys have signed is not told of again."""
        writer = written(self.journal, OURS)
        writer.rotate(NEW)
        writer.stop()
        self.change(0, lambda lines: [lines[0], lines[1].replace(b"JournalStart", b"JournalStirt"), *lines[2:]])
        self.assertEqual([it["seq"] for it in self.verify()[1]["findings"] if it["kind"] == "edited"], [1])

    def test_anchors_of_a_copy_that_once_failed_and_of_a_directory(self):
        self.written()
        kept = self.place / "anchors"
        kept.mkdir()
        (kept / "1.checkpoints").write_text("\n" + self.anchors[1] + "\n\n\n" + self.anchors[2] + "\n")
        (kept / "2.checkpoints").write_text(self.anchors[3] + "\n")
        self.whole("L3", "--anchor", kept / "1.checkpoints")
        report = self.whole("L3", "--anchor", kept)
        self.assertEqual(report["anchored_size"], int(self.anchors[3].split("\n")[1]))

    def test_rotation_by_a_key_that_was_replaced(self):
        writer = written(self.journal, OURS)
        writer.rotate(NEW)
        writer.checkpoint(history=True)
        replaced = writer.seq
        writer.signer = OURS
        writer.rotate(FOREIGN)
        writer.stop()
        for key in (OURS, NEW):
            self.damaged("unsigned", replaced, key=key)
            self.damaged("unsigned", writer.seq - 1, key=key)
        shutil.rmtree(self.journal)
        writer = written(self.journal, OURS)
        for _ in range(2):
            writer.signer = OURS
            writer.rotate(NEW)
        writer.stop()
        self.whole("L2")

    def test_rotation_that_the_old_key_has_not_signed(self):
        writer = written(self.journal, OURS)
        writer.rotated(signed(writer.rotation(OURS.key, FOREIGN.key), FOREIGN))
        writer.signer = FOREIGN
        writer.stop()
        self.damaged("unsigned", writer.seq - 2)

    def test_key_that_was_lost(self):
        writer = written(self.journal, OURS)
        writer.checkpoint(history=True)
        old = f"{OURS.key.name}+{OURS.key.id.hex()}"
        writer.rotated(signed(writer.rotation(old, NEW.key), NEW))
        writer.signer = NEW
        writer.stop()
        self.damaged("unsigned", writer.seq - 1)
        self.whole("L2", "--key", NEW.key)

    def test_rotation_in_another_history(self):
        writer = written(self.journal, OURS)
        size, note = writer.seq, writer.rotate(NEW)
        shutil.rmtree(self.journal)
        writer = written(self.journal, OURS, mark="forged")
        writer.record('"action":"UpdateUser"')
        writer.rotated(note)
        writer.stop()
        for key in (OURS, NEW):
            self.damaged("edited", size, key=key)
            self.damaged("unsigned", writer.seq - 1, key=key)
        shutil.rmtree(self.journal)
        writer = written(self.journal, OURS, records=20)
        writer.rotated(note)
        writer.stop()
        self.damaged("unsigned", writer.seq - 2, key=NEW)

    def test_key_that_comes_back_from_one_that_was_lost(self):
        writer = written(self.journal, OURS)
        writer.rotate(NEW)
        writer.rotated(signed(writer.rotation(f"{NEW.key.name}+{NEW.key.id.hex()}", OURS.key), OURS))
        writer.signer = OURS
        writer.stop()
        self.whole("L2")
        self.damaged("unsigned", writer.seq - 1, key=NEW)

    def test_pruned(self):
        """30: with its record it is whole, without it is not."""
        writer = written(self.journal, OURS, anchored=self.anchors)
        writer.prune()
        writer.stop()
        report = self.whole("L3", "--anchor", self.anchor(self.anchors[2]))
        self.assertEqual((report["first_seq"], report["signed_size"]), (report["pruned"]["last_seq"] + 1, writer.seq))
        tiles = self.journal / "tiles/0"
        tiles.write_bytes(b"\1" + tiles.read_bytes()[1:])
        self.assertEqual([finding["kind"] for finding in self.verify()[1]["findings"]], ["tiles"])
        shutil.rmtree(self.journal / "tiles")
        self.assertEqual([finding["kind"] for finding in self.verify()[1]["findings"]], ["tiles"])
        shutil.rmtree(self.journal)
        self.written()
        self.segments()[0].unlink()
        self.damaged("missing", 0)

    def test_anchors_of_an_older_epoch(self):
        later = self.written().set_aside()
        newest = later.stop()
        both = self.anchor(self.anchors[3] + "\n" + newest)
        self.assertEqual(self.whole("L3", "--anchor", both)["epochs"][0]["state"], "unchanged")
        shutil.rmtree(self.journal)
        written(self.journal, OURS, mark="forged").set_aside().stop()
        self.whole("L2")
        self.damaged("edited", 0, "--anchor", both)
        (self.journal / "epochs/0/checkpoint").unlink()
        code, report = self.verify()
        self.assertEqual((code, report["epochs"][0]["state"]), (1, "changed"))

    def test_what_only_signatures_tell_is_excused_by_no_epoch(self):
        self.written().set_aside().stop()
        epoch = self.journal / "epochs/0"
        anchor = verify.Statement("kept", self.anchors[3].encode(), is_anchor=True)
        finding = {"kind": "edited", "seq": 7}
        self.assertTrue(verify.is_stated(finding, {"stated": {"places": [finding], "acknowledged": 0}}, 9))
        shutil.rmtree(epoch / "tiles")
        (epoch / "checkpoint").unlink()
        origin = anchor.checkpoint.origin
        stated = {"epoch": 0, "directory": "epochs/0", "state": "unchanged", "stated": {"places": [
            {"kind": "unsigned", "seq": seq} for seq in range(99)], "acknowledged": 999, "origin": "x"}}
        there = signed_of(self.journal)
        there.walk.origin = f"{origin}#1"
        doubts = verify.in_epoch(argparse.Namespace(directory=self.journal), stated, [anchor], [OURS.key], there)
        self.assertEqual(([it["kind"] for it in there.findings], doubts), (["unsigned", "tiles"], []))
        for path in (epoch / "seg").iterdir():
            path.unlink()
        (epoch / "WATERMARK").unlink()
        there.findings = []
        verify.in_epoch(argparse.Namespace(directory=self.journal), stated, [anchor], [OURS.key], there)
        self.assertEqual([it["kind"] for it in there.findings], ["truncated"])

    def test_older_epoch_alone(self):
        """A later one names those before it, which lie where it lay."""
        later = self.written().set_aside()
        later.stop()
        later.set_aside().stop()
        for number in (0, 1):
            report = self.whole("L2", "--epoch", number)
            self.assertEqual(report["epochs"], [])
        code, report = run(self.journal / "epochs/1", "--key", OURS.key)
        self.assertEqual((code, report["level"]), (2, None))
        self.assertIn("--epoch", report["undecided"][0])

    def test_epoch_behind_which_none_has_begun(self):
        """A crash came into the first batch of the next one: the next start writes that."""
        self.written().set_aside().stop()
        header = self.segments()[0].read_bytes()[:100]
        for name in ("checkpoint", "checkpoints", "WATERMARK"):
            (self.journal / name).unlink()
        for name in ("seg", "tiles"):
            shutil.rmtree(self.journal / name)
        (self.journal / "seg").mkdir()
        (self.journal / "seg" / f"{0:020}.jsonl").write_bytes(header)
        code, report = self.verify()
        self.assertEqual((code, [epoch["state"] for epoch in report["epochs"]]), (2, ["unchanged"]), report)
        (self.journal / "epochs/0/WATERMARK").write_bytes(b"other")
        self.assertEqual(self.verify()[0], 1)
        (self.journal / "checkpoint").write_text(self.anchors[0])
        self.assertEqual(self.verify()[1]["epochs"][0]["state"], "unnamed")

    def test_no_regular_file(self):
        self.written()
        for name in ("checkpoint", "WATERMARK", "seg/" + self.segments()[0].name):
            path = self.journal / name
            kept = path.read_bytes()
            for make in (os.mkfifo, lambda path: path.symlink_to("/dev/zero")):
                path.unlink()
                make(path)
                self.assertEqual(self.verify()[0], 2, name)
            path.unlink()
            path.write_bytes(kept)
        self.whole("L2")

    def test_what_fails_is_no_damage(self):
        self.written()
        with unittest.mock.patch("verify.Walk", side_effect=RecursionError("too deep")):
            code, report = self.verify()
        self.assertEqual((code, report["undecided"]), (2, ["this program fails: RecursionError: too deep"]))

    def test_many_anchors(self):
        """A year of them takes no walk and no look at the others for each."""
        later = self.written().set_aside()
        newest = later.stop()
        both = self.anchor("\n".join(self.anchors * 500 + [newest] * 500))
        walks = []
        walk = verify.Walk.walk
        with unittest.mock.patch.object(verify.Walk, "walk", lambda self: (walks.append(self), walk(self))), \
                unittest.mock.patch.object(verify.Statement, "__eq__", side_effect=AssertionError):
            self.whole("L3", "--anchor", both)
        self.assertEqual(len(walks), 2)

    def test_older_epoch_that_was_damaged(self):
        """What was damaged when it was set aside is no finding; what was rewritten is."""
        for is_rewritten in (False, True):
            writer = self.written()
            if is_rewritten:
                self.rechain(lambda lines: lines[:17] + [replaced(lines[17])] + lines[18:])
            self.change(-1, lambda lines: lines[:-1] + [lines[-1].replace(b"stop", b"spot")])
            places = [{"kind": "edited", "seq": writer.seq - 1}]
            later = writer.set_aside(damage=1, places=places)
            both = self.anchor(self.anchors[5] + "\n" + later.stop())
            if is_rewritten:
                self.damaged("edited", 17, "--anchor", both)
            else:
                self.whole("L3", "--anchor", both)
            shutil.rmtree(self.journal)
            self.anchors.clear()

    def test_anchor_below_what_was_pruned(self):
        writer = written(self.journal, OURS, anchored=self.anchors)
        writer.prune()
        newest = writer.stop()
        foreign = signed(f"{writer.origin}\n3\n{text(sha256(b'other').digest())}\n", OURS)
        self.damaged("edited", 0, "--anchor", self.anchor(foreign))
        shutil.rmtree(self.journal / "tiles")
        self.assertEqual(self.verify("--anchor", self.anchor(self.anchors[0]))[0], 2)
        code, report = self.verify("--anchor", self.anchor(self.anchors[0] + "\n" + newest))
        self.assertEqual((code, report["level"]), (0, "L3"))

    def test_torn_history(self):
        """A power cut may keep any of the sectors of the last note."""
        writer = self.written()
        path = self.journal / "checkpoints"
        before = path.read_bytes()
        path.write_bytes(before + (writer.checkpoint() + "\n").encode())
        whole = path.read_bytes()
        for kept in range(8):
            torn = bytearray(whole)
            for sector in range(3):
                begin = len(before) // 512 * 512 + 512 * sector
                if not kept >> sector & 1:
                    end = min(begin + 512, len(whole))
                    torn[max(begin, len(before)) : end] = bytes(max(0, end - max(begin, len(before))))
            path.write_bytes(torn)
            self.whole("L2")

    def test_torn_history_and_end(self):
        self.written()
        with open(self.journal / "checkpoints", "a") as past:
            past.write("example.com/second\n4")
        with open(self.segments()[-1], "a") as segment:
            segment.write('{"v":1,"seq":')
        self.assertEqual(self.whole("L2")["unfinished"]["bytes"], 13)

    def test_newer_version(self):
        writer = self.written()
        line = writer.data.split(b"\n")[-2]
        prefix = line[:-51].replace(b'{"v":1,"seq":45,', b'{"v":2,"seq":46,')
        h = chained(writer.h, prefix)
        with open(self.segments()[-1], "ab") as segment:
            segment.write(prefix + f',"h":"{shown(h)}"}}\n'.encode())
        code, report = self.verify()
        self.assertEqual(code, 2)
        self.assertIn("version 2", report["undecided"][0])

    def test_proof(self):
        writer = self.written()
        lines = [line for path in self.segments() for line in path.read_bytes().split(b"\n")[:-1]]
        for index, line in enumerate(lines):
            (self.place / "proof").write_text(writer.proof(index))
            (self.place / "line").write_bytes(line)
            proved = ["--proof", self.place / "proof", "--line", self.place / "line", "--key"]
            if index % 9 == 0:
                self.assertEqual(run(*proved, OURS.key)[0], 0)
        self.assertEqual(run(*proved, FOREIGN.key)[0], 2)
        (self.place / "line").write_bytes(lines[0])
        self.assertEqual(run(*proved, OURS.key)[0], 1)

    def test_auditors_commands(self):
        """What docs/auditor.md does by hand, for each record."""
        writer = self.written()
        page = (HERE.parents[2] / "docs/auditor.md").read_text()
        commands = re.search(r"```bash\n(.*?)```", page, re.DOTALL).group(1)
        place = self.place / "by hand"
        place.mkdir()
        (place / "DIR").symlink_to(self.journal)
        (place / "VKEY").write_text(f"{OURS.key}\n")
        lines = [line for path in self.segments() for line in lines_of(path.read_bytes())]
        for line in lines[1::8]:
            (place / "PROOF").write_text(writer.proof(line.seq))
            shell = ["bash", "-c", commands]
            done = subprocess.run(shell, cwd=place, env={**os.environ, "SEQ": str(line.seq)}, capture_output=True)
            root = text(writer.tree.root())
            self.assertEqual(done.stdout.decode().split("\n")[:3], [shown(line.h), root, root], done.stderr)
            self.assertIn(b"Verified Successfully", done.stdout)

    def test_one_checkpoint_goes_on_from_another(self):
        self.written(records=300, each=100)
        old = self.anchor(self.anchors[2])
        asked = [self.journal, "--goes-on", old, self.journal / "checkpoint", "--key", OURS.key]
        self.assertEqual(run(*asked)[0], 0)
        shutil.rmtree(self.journal)
        written(self.journal, OURS, records=300, each=100, mark="forged").stop()
        self.assertEqual(run(*asked)[0], 1)

    def test_trees(self):
        leaves = [tree.leaf(b"%d" % number) for number in range(70)]
        for size in range(1, 70):
            for old in range(1, size + 1):
                proof = tree.consistency(leaves[:size], old)
                before, after = (old, tree.root(leaves[:old])), (size, tree.root(leaves[:size]))
                self.assertTrue(tree.consistent(before, after, proof))
                if old < size:
                    self.assertFalse(tree.consistent((old, tree.leaf(b"")), after, proof))


class Faults(Case):
    """The numbers are those of the faults in the specification."""

    def test_15_every_byte(self):
        writer = Writer(self.journal, OURS)
        writer.record('"action":"A"')
        writer.next_segment()
        writer.stop()
        for path in self.segments():
            data = path.read_bytes()
            for line in lines_of(data):
                for at in range(line.offset, line.offset + len(line.raw) + 1, 7):
                    changed = bytearray(data)
                    changed[at] ^= 1 << at % 8
                    path.write_bytes(changed)
                    code, report = self.verify()
                    self.assertEqual((code, report["findings"][0]["seq"]), (1, line.seq), (at, report))
            path.write_bytes(data)
        for name in ("checkpoint", "checkpoints", "seg/00000000000000000000.seal"):
            data = (self.journal / name).read_bytes()
            for at in range(0, len(data), 3):
                changed = bytearray(data)
                changed[at] ^= 1 << at % 8
                (self.journal / name).write_bytes(changed)
                self.assertEqual(self.verify()[0], 1, (name, at))
            (self.journal / name).write_bytes(data)

    def test_15_other_bits_at_the_end_of_a_hash(self):
        self.written()
        spelled = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

        def respell(lines: list[bytes]) -> list[bytes]:
            last = spelled[spelled.index(chr(lines[4][-3])) ^ 1].encode()
            return [*lines[:4], lines[4][:-3] + last + lines[4][-2:], *lines[5:]]

        self.change(1, respell)
        code, report = run(self.journal, "--level", "L1")
        self.assertEqual((code, report["findings"][0]["kind"], report["findings"][0]["seq"]), (1, "edited", 16))

    def test_16_last_record_edited_where_nothing_is_signed(self):
        self.written()

        def edit(lines: list[bytes]) -> list[bytes]:
            last = lines_of(lines[-1] + b"\n")[0]
            prefix = last.prefix.replace(b"journal.stop", b"journal.spot")
            before = lines_of(lines[-2] + b"\n")[0].h
            return [*lines[:-1], prefix + f',"h":"{shown(chained(before, prefix))}"}}'.encode()]

        self.change(-1, edit)
        code, report = run(self.journal, "--level", "L1")
        self.assertEqual((code, report["findings"][0]["kind"], report["findings"][0]["seq"]), (1, "edited", 45))

    def test_16_deleted(self):
        self.written()
        self.change(1, lambda lines: lines[:4] + lines[5:])
        self.damaged("missing", 16)

    def test_16_deleted_and_chained_anew(self):
        self.written()
        self.rechain(lambda lines: lines[:17] + lines[18:])
        self.assertEqual(run(self.journal, "--level", "L1")[0], 0)
        self.damaged("edited", 17)

    def test_16_edited_and_chained_anew(self):
        self.written()

        def edit(lines: list[Line]) -> list[Line]:
            lines[20].raw = lines[20].raw.replace(b"record", b"forged")
            return lines

        self.rechain(edit)
        self.assertEqual(run(self.journal, "--level", "L1")[0], 0)
        self.damaged("edited", 20)
        shutil.rmtree(self.journal / "tiles")
        # Without tiles all that is known is between which checkpoints that were kept it lies.
        self.damaged("edited", 13)

    def test_17_swapped_doubled_inserted(self):
        self.written()
        kept = self.segments()[1].read_bytes()
        self.change(1, lambda lines: lines[:4] + [lines[5], lines[4]] + lines[6:])
        self.damaged("reordered", 16)
        self.segments()[1].write_bytes(kept)
        self.change(1, lambda lines: lines[:4] + [lines[3]] + lines[4:])
        self.damaged("inserted", 15)
        self.segments()[1].write_bytes(kept)
        self.change(1, lambda lines: lines[:4] + [b'{"a":1}'] + lines[4:])
        self.damaged("inserted", 16)

    def test_18_tail_cut(self):
        writer = self.written()
        cut = writer.seq - 3
        self.change(-1, lambda lines: lines[:-3])
        self.damaged("truncated", cut)
        code, report = run(self.journal, "--level", "L1")
        self.assertEqual((code, report["findings"][0]["kind"], report["findings"][0]["seq"]), (1, "truncated", cut))
        (self.journal / "WATERMARK").write_bytes(f"{cut:020} {cut:020}\n".encode())
        self.assertEqual(run(self.journal, "--level", "L1")[0], 0)
        self.damaged("truncated", cut)

    def test_18_tail_cut_above_the_anchor(self):
        """Whoever has the key can; L3 says up to where it reaches."""
        self.written()
        self.rechain(lambda lines: lines[:-3], OURS)
        report = self.whole("L3", "--anchor", self.anchor(self.anchors[3]))
        self.assertLess(report["anchored_size"], report["records"])

    def test_19_newest_segment_and_checkpoints_deleted(self):
        self.written()
        self.segments()[-1].unlink()
        for name in ("checkpoint", "checkpoints", "WATERMARK"):
            (self.journal / name).unlink()
        for path in (self.journal / "seg").glob("*.seal"):
            path.unlink()
        self.assertEqual(self.verify()[0], 2)
        self.damaged("truncated", 34, "--anchor", self.anchor(self.anchors[-1]))

    def test_20_two_segments_deleted(self):
        self.written(records=60)
        for path in self.segments()[2:4]:
            path.unlink()
        report = self.damaged("missing", 23)
        self.assertTrue({23, 34} <= {f["seq"] for f in report["findings"]}, report)

    def test_21_directory_of_yesterday(self):
        writer = written(self.journal, OURS)
        old = writer.stop()
        shutil.copytree(self.journal, self.place / "old")
        writer.record('"action":"B"')
        newer = writer.stop()
        shutil.rmtree(self.journal)
        shutil.copytree(self.place / "old", self.journal)
        self.whole("L3", "--anchor", self.anchor(old))
        self.damaged("truncated", 46, "--anchor", self.anchor(newer))

    def test_22_rewritten_with_the_key(self):
        self.written()
        shutil.rmtree(self.journal)
        written(self.journal, OURS, mark="forged").stop()
        self.whole("L2")
        self.damaged("edited", 0, "--anchor", self.anchor(self.anchors[3]))
        self.damaged("fork", 22, "--anchor", self.anchor(self.anchors[3]))

    def test_23_two_checkpoints_of_one_size(self):
        writer = self.written()
        other = signed(f"{writer.origin}\n20\n{text(sha256(b'other').digest())}\n", OURS)
        own = self.journal / "checkpoints"
        mine = signed(f"{writer.origin}\n20\n{text(tree.root(writer.leaves[:20]))}\n", OURS)
        own.write_text(mine + "\n" + other + "\n" + own.read_text())
        self.damaged("fork", 19)

    def test_24_wrong_key(self):
        self.written()
        report = self.damaged("unsigned", 45, key=FOREIGN)
        self.assertIn("no trusted key has signed it", report["findings"][0]["reason"])

    def test_24_newest_checkpoint_deleted(self):
        self.written()
        (self.journal / "checkpoint").unlink()
        self.damaged("unsigned", 45)

    def test_24_seal_that_contradicts_itself(self):
        self.written()
        seal = self.journal / "seg" / f"{12:020}.seal"
        note = re.sub("peaks [^ ]*", f"peaks {text(sha256(b'').digest())}", Note.parse(seal.read_bytes()).text)
        seal.write_text(signed(note, OURS))
        self.damaged("unsigned", 12)

    def test_24_seal_of_something_else(self):
        """Whoever has the key can sign one, and cannot have it agree with its segment and with the seal before it."""
        self.written()
        seal = self.journal / "seg" / f"{12:020}.seal"
        kept = Note.parse(seal.read_bytes()).text
        other = sha256(b"other").digest()
        for pattern, value, reason in [
            (r"(segment 12 22 \d+) .*", text(other), "its seal states another digest"),
            (r"(chain) [^ ]*", shown(other), "its chain does not go on from the seal before it"),
        ]:
            seal.write_text(signed(re.sub(pattern, lambda found: f"{found.group(1)} {value}", kept), OURS))
            report = self.damaged("edited", 12)
            self.assertIn(reason, [finding["reason"] for finding in report["findings"]])

    def test_order_of_the_history(self):
        self.written()
        path = self.journal / "checkpoints"
        kept = path.read_bytes()
        past = history(kept)
        size = Checkpoint.parse(Note.parse(past[0]).text).size
        path.write_bytes(b"\n".join([past[1], past[0], *past[2:], b""]))
        self.damaged("reordered", size)
        path.write_bytes(kept)
        (self.journal / "checkpoint").write_bytes(past[0])
        self.damaged("truncated", size)

    def test_24_key_swapped(self):
        self.written()
        self.rechain(lambda lines: lines, FOREIGN)
        self.damaged("unsigned", 45)

    def test_24_segment_without_seal(self):
        self.written()
        for name in (12, 23):
            seal = self.journal / "seg" / f"{name:020}.seal"
            kept = seal.read_bytes()
            seal.unlink()
            self.damaged("unsigned", name)
            seal.write_bytes(kept)

    def test_25_clock(self):
        writer = written(self.journal, OURS)
        writer.seconds -= 30
        writer.record('"action":"B"')
        writer.stop()
        code, report = self.verify()
        self.assertEqual((code, [finding["kind"] for finding in report["findings"]]), (0, ["clock"]))


if __name__ == "__main__":
    unittest.main()
