"""Writes what an installation consists of, as CycloneDX 1.5 JSON, from the locked requirements beside this file.

python requirements/bill_of_materials.py > bill-of-materials.json
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
HASHED = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def components(file: Path) -> list[dict[str, Any]]:
    """The packages of a locked file, each with its version and the hashes of the files that may be installed."""
    found: list[dict[str, Any]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        pinned, hashed = PINNED.match(line), HASHED.search(line)
        if pinned:
            name, version = pinned[1].lower().replace("_", "-"), pinned[2]
            purl = f"pkg:pypi/{name}@{version}"
            found.append(
                {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": []}
            )
        if hashed:
            found[-1]["hashes"].append({"alg": "SHA-256", "content": hashed[1]})
    return found


def bill() -> dict[str, Any]:
    """The bill of materials of the clinic: palpate itself and every package that `make setup` installs."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    about = {"type": "application", "bom-ref": "palpate", "name": "palpate", "version": project["version"]}
    parts = components(HERE / "clinic.txt")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {**about, "licenses": [{"license": {"id": project["license"]}}]}},
        "components": parts,
        "dependencies": [{"ref": "palpate", "dependsOn": [part["bom-ref"] for part in parts]}],
    }


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=1)
    sys.stdout.write("\n")
