"""`palpate verify`: is the record whole?"""

from __future__ import annotations

import argparse
from pathlib import Path

from palpate.cli.installation import Counter, open_installation, say
from palpate.cli.output import write_out


def verify_command(options: argparse.Namespace) -> int:
    """Returns 0 when trail, decisions and seals are whole, 1 when not, 2 when the call is at fault."""
    code = open_installation(options.data)
    if code:
        return code
    from django.db.utils import DatabaseError

    from palpate.clinic import anchors, store
    from palpate.clinic.verify import verify

    kept = None
    try:
        if options.anchors is not None:
            kept = list(anchors.read(Path(options.anchors)))
    except anchors.BadAnchors as fault:
        say(f"{options.anchors}: {fault}")
        return 2
    except (OSError, UnicodeDecodeError) as error:
        say(f"{options.anchors}: it cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})")
        return 2
    counter = Counter()
    try:
        if not store.is_there():
            say("there is no store to verify yet")
            return 2
        report = verify(anchors=kept, progress=counter)
    except store.StoreFault as fault:
        say(str(fault))
        return 2
    except DatabaseError as error:
        write_out(f"not whole: the store cannot be read ({str(error.__cause__ or error).splitlines()[0]})\n")
        return 1
    finally:
        counter.end()
    for note in report.notes:
        say(note)
    if not report.whole:
        write_out("not whole\n" + "".join(f"{line}\n" for line in report.faults))
        return 1
    write_out(
        f"whole: {report.rows} rows of the audit trail, {report.records} records as they were written, "
        f"{report.decisions} decisions decided again\n"
    )
    return 0
