"""The pathways that Palpate ships, and the door through which a pathway folder is read.

The core takes text; this room turns a folder into text. For a shipped pathway it keeps `compiled.json`: the document's
meaning, read and checked once when the package is built, so that the first decision need not wait for the parser. The
compiled meaning is used only while it belongs to exactly these files and this format; otherwise the files are read.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path

from palpate.pathway.faults import Fault, Faults
from palpate.pathway.pathway import Pathway, canonical_json

SHIPPED = Path(__file__).parent
DEFAULT = "back_massage"
COMPILED = "compiled.json"
FORMAT = 1  # of compiled.json: raised when nodes or tables change their shape
LARGEST = 2 << 20


def load_pathway(folder: str | os.PathLike[str] | None = None) -> Pathway:
    """The pathway of a folder, or the shipped `back_massage`.

    Takes   folder: a folder of TOML files, or the name of a shipped pathway.
    Errors  Faults: everything wrong with the document, with file and line.
    """
    place = _place(folder)
    files = _texts(place)
    return _load(place if place.parent == SHIPPED else None, tuple(files.items()))


def check_pathway(folder: str | os.PathLike[str] | None = None) -> Pathway:
    """The same, read from its text and proved anew, whatever has been compiled. Errors: Faults."""
    from palpate.pathway.document import read
    from palpate.pathway.proof import never_treats_the_unknown

    pathway = read(_texts(_place(folder)))
    never_treats_the_unknown(pathway)
    return pathway


def compile_shipped() -> list[Path]:
    """Read, prove and compile every shipped pathway. Returns the files written."""
    written = []
    for place in sorted(path.parent for path in SHIPPED.glob("*/00_pathway.toml")):
        pathway = check_pathway(place)
        header = json.dumps({"format": FORMAT, "source": _fingerprint(_texts(place))}).encode()
        target = place / COMPILED
        aside = target.with_suffix(".part")
        aside.write_bytes(header + b"\n" + canonical_json(pathway.meaning))
        aside.replace(target)
        written.append(target)
    return written


def _place(folder: str | os.PathLike[str] | None) -> Path:
    if folder is None:
        return SHIPPED / DEFAULT
    place = Path(folder)
    if not place.exists() and (SHIPPED / place.name / "00_pathway.toml").exists() and place.name == str(folder):
        return SHIPPED / place.name
    return place.resolve() if place.exists() else place


@lru_cache(maxsize=8)
def _load(shipped: Path | None, texts: tuple[tuple[str, str], ...]) -> Pathway:
    files = dict(texts)
    kept = _compiled(shipped, files) if shipped else None
    if kept is not None:
        return kept
    from palpate.pathway.document import read
    from palpate.pathway.proof import never_treats_the_unknown

    pathway = read(files)
    never_treats_the_unknown(pathway)
    return pathway


def _compiled(place: Path, files: dict[str, str]) -> Pathway | None:
    try:
        header, _, meaning = (place / COMPILED).read_bytes().partition(b"\n")
        about = json.loads(header)
    except (OSError, ValueError):
        return None
    if about != {"format": FORMAT, "source": _fingerprint(files)}:
        return None
    return Pathway(json.loads(meaning), meaning)


def _fingerprint(files: dict[str, str]) -> str:
    total = hashlib.sha256()
    for name, text in files.items():
        total.update(f"{name}\0{len(text)}\0{text}\0".encode())
    return total.hexdigest()


def _texts(place: Path) -> dict[str, str]:
    """File name -> text of every TOML file of the folder, in name order."""
    if not place.is_dir():
        raise Faults([Fault("no-such-folder", str(place), "there is no pathway folder here")])
    names = sorted(path.name for path in place.iterdir() if path.suffix == ".toml" and path.is_file())
    if not names:
        raise Faults([Fault("no-such-folder", str(place), "the folder holds no TOML file")])
    texts: dict[str, str] = {}
    faults, total = [], 0
    for name in names:
        path = place / name
        total += path.stat().st_size
        if total > LARGEST:
            raise Faults([Fault("too-large", str(place), f"the document has more than {LARGEST} bytes (2 MiB)")])
        try:
            texts[name] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            faults.append(Fault("not-utf-8", f"{name}", f"byte {error.start + 1} is not UTF-8"))
    if faults:
        raise Faults(faults)
    return texts
