"""`palpate doctor`: what this installation runs on, and what is amiss with it."""

from __future__ import annotations

import argparse

from palpate.cli.installation import open_installation
from palpate.cli.output import write_out


def doctor_command(options: argparse.Namespace) -> int:
    """Returns 0, 1 where something must be put right, 2 where the call or the settings are at fault."""
    code = open_installation(options.data)
    if code:
        return code
    from palpate.web.doctor import examine

    findings = examine()
    write_out("".join(f"{finding.mark:<5}{finding.text}\n" for finding in findings))
    return 1 if any(finding.mark == "BAD" for finding in findings) else 0
