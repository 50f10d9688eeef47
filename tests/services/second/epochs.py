"""Older epochs, each compared with what the journal says of it."""

import json
from hashlib import sha256
from pathlib import Path

from chain import KNOWN_VERSION, Newer, content

STATED = ("epoch", "directory", "origin", "cause", "reason", "time", "acknowledged", "records", "last_seq", "h",
          "damage", "places")
PARTS = ("WATERMARK", "checkpoint", "checkpoints", "tiles", "anchors", "REDO", "quarantine", "seg")


def base(current: str | None, link: dict | None) -> str:
    """The name of the journal without the number of the epoch that is current."""
    return (current or "").removesuffix(f"#{link['previous']['epoch'] + 1}" if link else "#0")


def origin(name: str, number: int) -> str:
    return f"{name}#{number}" if number else name


def is_half(directory: Path) -> bool:
    """Whether a crash has left an epoch set aside in part."""
    there = [{path.name for path in epoch.iterdir()} for epoch in (directory / "epochs").glob("*") if epoch.is_dir()]
    return any("MOVING" in names and "EPOCH" not in names and names & set(PARTS) for names in there)


def check(directory: Path, link: dict | None, current: str | None, has_begun: bool = True) -> list[dict]:
    """Follows the digests from the journal's first header back, the newest epoch first."""
    name_of = base(current, link)
    link = link or (None if has_begun else about_to_begin(directory))
    link = link and {"epoch": link["previous"]["epoch"], "sha256": link["sha256"], "stated": link.get("stated", link["previous"])}
    found, seen = [], set()
    while link:
        name = f"epochs/{link['epoch']}"
        state, change, manifest = state_of(directory / name, link["sha256"])
        stated = {key: manifest[key] for key in STATED} if manifest else link.get("stated")
        named = (stated or {}).get("origin")
        if state == "unchanged" and current and named not in (None, origin(name_of, link["epoch"])):
            state, change = "changed", f"EPOCH names {named}"
        found.append({"epoch": link["epoch"], "directory": name, "state": state, "change": change, "stated": stated})
        seen.add(str(link["epoch"]))
        link = manifest and manifest["earlier"]
    for path in sorted((directory / "epochs").glob("*"), reverse=True):
        if path.name.isdecimal() and path.name not in seen:
            found.append({"epoch": int(path.name), "directory": f"epochs/{path.name}", "state": "unnamed",
                          "change": None, "stated": None})
    return found


def about_to_begin(directory: Path) -> dict | None:
    """What the first record will say, which a crash has kept from being written."""
    numbers = [int(path.parent.name) for path in directory.glob("epochs/*/EPOCH") if path.parent.name.isdecimal()]
    if not numbers:
        return None
    digest = sha256(content(directory / f"epochs/{max(numbers)}/EPOCH")).hexdigest()
    return {"previous": {"epoch": max(numbers)}, "sha256": digest, "stated": None}


def state_of(epoch: Path, digest: str) -> tuple[str, str | None, dict | None]:
    """What became of an epoch, and what EPOCH says of it if that is still what it was."""
    try:
        data = content(epoch / "EPOCH")
    except FileNotFoundError:
        return ("changed", "EPOCH is gone", None) if epoch.exists() else ("missing", None, None)
    if sha256(data).hexdigest() != digest:
        return "changed", "EPOCH has another digest", None
    manifest = json.loads(data)
    if manifest["v"] > KNOWN_VERSION:
        raise Newer(f"{epoch}: EPOCH is of version {manifest['v']}, and this program knows {KNOWN_VERSION}")
    named = {file["file"]: file for file in manifest["files"]}
    there = {str(path.relative_to(epoch)) for path in epoch.rglob("*") if path.is_file()} - {"EPOCH"}
    for name in sorted(named.keys() | there):
        if name not in there:
            return "changed", f"{name} is gone", manifest
        if name not in named:
            return "changed", f"{name} was added", manifest
        found = content(epoch / name)
        if (len(found), sha256(found).hexdigest()) != (named[name]["bytes"], named[name]["sha256"]):
            return "changed", f"{name} was changed", manifest
    return "unchanged", None, manifest
