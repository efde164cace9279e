"""`palpate serve`: the clinic in the browser."""

from __future__ import annotations

import argparse

from palpate.cli.installation import open_installation, say


def serve_command(options: argparse.Namespace) -> int:
    """Serves until a signal ends it. Returns 2 where call or settings are at fault, 1 where the start failed."""
    if not 0 <= options.port <= 65535:
        say(f"--port {options.port}: expected 0 to 65535")
        return 2
    code = open_installation(options.data, demo=options.demo, new=True)
    if code:
        return code
    from django.conf import settings
    from django.db.utils import DatabaseError

    from palpate.clinic.sealed import SealsMissing
    from palpate.clinic.store import StoreFault
    from palpate.web.serving import NotServed, check_host, serve

    try:
        check_host(options.host, settings.SITE)
        serve(options.host, options.port)
    except NotServed as reason:
        say(str(reason))
        return reason.code
    except (StoreFault, SealsMissing) as reason:
        for line in str(reason).splitlines():
            say(line)
        return 2 if isinstance(reason, StoreFault) else 1
    except DatabaseError as error:
        say(f"the store cannot be used: {str(error.__cause__ or error).splitlines()[0]}")
        return 1
    except OSError as error:
        say(f"the server cannot start: {error.strerror or error}: {error.filename or settings.CONFIG.data}")
        return 1
    return 0
