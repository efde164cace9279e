"""The pathways that Palpate ships, and the door through which a pathway folder is read.

The core takes text; this room turns a folder into text. For a shipped pathway it keeps `compiled.json`: the document's
meaning, read and checked once when the package is built, so that the first decision need not wait for the parser. The
compiled meaning is used only while it is whole and belongs to exactly these files and this format; otherwise the files
are read.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path

from palpate.pathway.faults import Fault, Faults, did_you_mean
from palpate.pathway.pathway import Pathway, canonical_json

SHIPPED = Path(__file__).parent
DEFAULT = "back_massage"
COMPILED = "compiled.json"
FORMAT = 2  # of compiled.json: raised when nodes or tables change their shape
LARGEST = 2 << 20


def load_pathway(folder: str | os.PathLike[str] | None = None) -> Pathway:
    """The pathway of a folder, or the shipped `back_massage`.

    Takes   folder: a folder of TOML files, or the name of a shipped pathway.
    Errors  Faults: everything wrong with the document, with file and line.
    """
    place = _place(folder)
    files = _texts(place)
    own = place.resolve()
    return _load(own if own.parent == SHIPPED else None, tuple(files.items()))


def check_pathway(folder: str | os.PathLike[str] | None = None) -> Pathway:
    """The same, read from its text and proved anew, whatever has been compiled. Errors: Faults."""
    from palpate.pathway.document import read
    from palpate.pathway.proof import never_treats_the_unknown

    files = _texts(_place(folder))
    pathway = read(files)
    never_treats_the_unknown(pathway, place=f"{next(iter(files))}:1")
    return pathway


def compile_shipped() -> list[Path]:
    """Read, prove and compile every shipped pathway. Returns the files written."""
    written = []
    for place in sorted(path.parent for path in SHIPPED.glob("*/00_pathway.toml")):
        pathway = check_pathway(place)
        meaning = canonical_json(pathway.meaning)
        header = json.dumps(_header(_texts(place), meaning)).encode()
        target = place / COMPILED
        aside = target.with_suffix(".part")
        aside.write_bytes(header + b"\n" + meaning)
        aside.replace(target)
        written.append(target)
    return written


def _place(folder: str | os.PathLike[str] | None) -> Path:
    if folder is None:
        return SHIPPED / DEFAULT
    place = Path(folder)
    try:
        if not place.exists() and (SHIPPED / place.name / "00_pathway.toml").exists() and place.name == str(folder):
            return SHIPPED / place.name
    except (OSError, RuntimeError):  # a name that no folder can have, or links that lead round in a circle
        pass
    return place


@lru_cache(maxsize=8)
def _load(shipped: Path | None, texts: tuple[tuple[str, str], ...]) -> Pathway:
    files = dict(texts)
    kept = _compiled(shipped, files) if shipped else None
    if kept is not None:
        return kept
    from palpate.pathway.document import read
    from palpate.pathway.proof import never_treats_the_unknown

    pathway = read(files)
    never_treats_the_unknown(pathway, place=f"{next(iter(files))}:1")
    return pathway


def _compiled(place: Path, files: dict[str, str]) -> Pathway | None:
    try:
        header, _, meaning = (place / COMPILED).read_bytes().partition(b"\n")
        about = json.loads(header)
    except (OSError, ValueError):
        return None
    # A file that was cut or changed on the way here is no compiled pathway, and could be any other.
    return Pathway(json.loads(meaning), meaning) if about == _header(files, meaning) else None


def _header(files: dict[str, str], meaning: bytes) -> dict[str, object]:
    return {"format": FORMAT, "source": _fingerprint(files), "meaning": hashlib.sha256(meaning).hexdigest()}


def _fingerprint(files: dict[str, str]) -> str:
    total = hashlib.sha256()
    for name, text in files.items():
        total.update(f"{name}\0{len(text)}\0{text}\0".encode())
    return total.hexdigest()


def _texts(place: Path) -> dict[str, str]:
    """File name -> text of every TOML file of the folder, in name order.

    What cannot be read is a fault and never left out; hidden files, such as those that editors leave, are no part.
    """
    try:
        found = [path.name for path in place.iterdir() if path.suffix == ".toml"] if place.is_dir() else None
    except OSError:
        raise Faults([Fault("no-such-folder", str(place), "the folder cannot be read")]) from None
    if found is None:
        what = "this is a file; name its folder" if place.is_file() else "there is no pathway folder here"
        near = did_you_mean(place.name, [path.parent.name for path in SHIPPED.glob("*/00_pathway.toml")])
        raise Faults([Fault("no-such-folder", str(place), what + near)])
    inside = [path.name for path in place.iterdir() if path.is_dir() and path.name not in ("cases", "__pycache__")]
    nested = sorted(name for name in inside if not name.startswith(".") and any((place / name).glob("*.toml")))
    if nested:
        raise Faults(
            [Fault("folder-inside", str(place), f"{nested[0]} inside it holds TOML files, which are not read")]
        )
    names = sorted(name for name in found if not name.startswith("."))
    if not names:
        raise Faults([Fault("no-such-folder", str(place), "the folder holds no TOML file")])
    texts: dict[str, str] = {}
    faults, left = [], LARGEST
    for name in names:
        try:
            if not (place / name).is_file():  # a folder, a pipe, or a link that leads nowhere
                faults.append(Fault("no-such-file", name, "this is no file that can be read"))
                continue
            with (place / name).open("rb") as file:
                raw = file.read(left + 1)
            # As it stands, without touching line ends: a lone CR would otherwise end a comment that hides a rule.
            texts[name] = raw.decode()
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            faults.append(Fault("not-utf-8", f"{name}:{line}", f"byte {error.start + 1} of the file is not UTF-8"))
        except OSError:
            faults.append(Fault("no-such-file", name, "the file may not be read"))
            continue
        left -= len(raw)
        if left < 0:
            raise Faults([Fault("too-large", str(place), f"the document has more than {LARGEST} bytes (2 MiB)")])
    if faults:
        raise Faults(faults)
    return texts
