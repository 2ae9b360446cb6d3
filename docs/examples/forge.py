"""Change a dossier as a forger would, to see which check finds it.

python3 forge.py [HOW] case.zip forged.zip FILE OLD NEW

In FILE the first OLD becomes NEW. An empty OLD makes FILE anew of NEW; where both are empty it is taken out. HOW says
what is then counted again, as anybody can: --chain the digests of all events and the manifest, --count the manifest
alone; without it the rest stays as it was. It needs Python alone. Nobody can make the seal without the log's key.
"""

import hashlib
import json
import sys
import zipfile
from typing import Any

EVENTS, MANIFEST, SEAL = "events.jsonl", "manifest.json", "manifest.sig"


def written(value: Any) -> str:
    """Canonical JSON."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(algorithm: str, text: str) -> str:
    """By SHA-256 or by SM3."""
    return hashlib.new(algorithm, text.encode()).hexdigest()


def chained(lines: str, algorithm: str) -> str:
    """The events with all their digests computed anew."""
    prev, made = "0" * 64, ""
    for line in lines.removesuffix("\n").split("\n"):  # and at no other end of a line: a text may have such
        event = json.loads(line)
        covered = {name: value for name, value in event.items() if name not in ("digest", "salt")}
        if event.get("salt"):
            bound = digest(algorithm, written([event["salt"], event["actor"]["person"]]))
            covered["actor"] = {**event["actor"], "person": f"{algorithm}:{bound}"}
        event["prev"] = covered["prev"] = prev
        event["digest"] = prev = digest(algorithm, written(covered))
        made += f"{written(event)}\n"
    return made


def counted(manifest: dict[str, Any], files: dict[str, bytes]) -> bytes:
    """The manifest of what is there now."""
    listed = [
        {
            "name": name,
            "bytes": len(content),
            **{each: hashlib.new(each, content).hexdigest() for each in ("sha256", "sm3")},
        }
        for name, content in sorted(files.items())
        if name not in (MANIFEST, SEAL)
    ]
    return f"{written({**manifest, 'files': listed})}\n".encode()


def forged(how: str, files: dict[str, bytes], name: str, old: str, new: str) -> dict[str, bytes]:
    """The files of a dossier after a change."""
    there = files.get(name, b"").decode()
    if old not in there:
        sys.exit(f"{name} has no {old!r}.")
    files = {**files, name: there.replace(old, new, 1).encode() if old else new.encode()}
    if not old and not new:
        del files[name]
    manifest = json.loads(files[MANIFEST])
    if how == "--chain":
        files[EVENTS] = chained(files[EVENTS].decode(), manifest["algorithm"]).encode()
    return {**files, MANIFEST: counted(manifest, files)} if how else files


def main(arguments: list[str]) -> None:
    """Read a dossier, change it, write the other."""
    how = arguments.pop(0) if arguments and arguments[0].startswith("--") else ""
    if len(arguments) != 5:
        sys.exit(__doc__)
    of, to, name, old, new = arguments
    with zipfile.ZipFile(of) as there:
        files = {each: there.read(each) for each in there.namelist()}
    files = forged(how, files, name, old, new)
    first = [each for each in (MANIFEST, SEAL) if each in files]
    with zipfile.ZipFile(to, "w") as other:
        for each in [*first, *sorted(files.keys() - set(first))]:
            entry = zipfile.ZipInfo(each)
            entry.external_attr = 0o644 << 16  # as packing writes them
            other.writestr(entry, files[each], zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    main(sys.argv[1:])
