"""Build hook: compiles the shipped pathway, so that an installed palpate never has to.

It runs for wheels and for editable installs. A source archive stays without: whoever builds from it compiles.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompilePathway(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # First on the path: these sources are compiled, not those of a palpate that happens to be installed.
        sys.path.insert(0, str(Path(self.root, "src")))
        from palpate.library import compile_shipped

        compile_shipped()
