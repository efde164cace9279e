"""`palpate unlock`: a way in for somebody who lost their password, where nobody else can make them a link."""

from __future__ import annotations

import argparse

from palpate.cli.installation import open_installation, say
from palpate.cli.output import write_out


def unlock_command(options: argparse.Namespace) -> int:
    """Prints the link. Returns 0; 2 where nobody has this address, or they may not sign in; 1 where the store fails."""
    code = open_installation(options.data)
    if code:
        return code
    from django.conf import settings
    from django.db.utils import DatabaseError
    from django.urls import reverse

    from palpate.clinic import store, users
    from palpate.clinic.access.users import by_email
    from palpate.clinic.actor import the_program
    from palpate.clinic.acts import act

    try:
        user = by_email(options.email.strip()) if store.is_there() else None
        if user is None or not user.is_active:
            say(f"{options.email}: nobody who may sign in here has this address")
            return 2
        with act(the_program("unlock"), "users", "unlock", change=True) as deed:
            deed.about |= {"account": str(user.pk), "factor": "taken away" if options.second_factor else "kept"}
            if options.second_factor:
                users.reset_factor(user)
            secret = users.make_link(user, users.Purpose.RESET, None)
            users.tell_owners(
                f"A link for a new password of {user.name} was made at the command line.",
                reverse("user", args=[user.pk]),
            )
    except store.StoreFault as fault:
        say(str(fault))
        return 2
    except DatabaseError as error:
        say(f"the store cannot be used: {str(error.__cause__ or error).splitlines()[0]}")
        return 1
    site = settings.SITE or f"http://localhost:{options.port}"
    write_out(f"{site}{reverse('account-new-password')}#{secret}\n")
    say("good once, for 30 minutes; open it where palpate serve is running")
    return 0
