"""Keys for other programs (S-12): an owner makes them, sees each once, and ends them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from palpate.clinic import keys
from palpate.clinic.access.keys import keys as all_keys
from palpate.clinic.actor import OWNER
from palpate.clinic.models import ApiKey
from palpate.clinic.refusals import BadInput
from palpate.web.pages.settings.forms import KeyForm, put_error
from palpate.web.routes import ClinicRequest


def keys_page(request: ClinicRequest) -> HttpResponse:
    """Every key that was made, with what it may do and whether it is still good."""
    rows = [
        {"key": key, "good": keys.is_good(key), "may": [keys.SCOPES.get(scope, scope) for scope in key.scopes]}
        for key in all_keys()
    ]
    return render(request, "api/keys.html", {"rows": rows, "may_change": request.actor.is_any(OWNER)})


def new(request: ClinicRequest) -> HttpResponse:
    """Makes a key and shows it, this once."""
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "api/new.html", {"form": form})
    if form.is_valid():
        told = form.cleaned_data
        try:
            key, secret = keys.make_key(request.actor, told["name"], told["scopes"], told["days"])
        except BadInput as bad:
            put_error(form, bad)
        else:
            may = [keys.SCOPES[scope] for scope in key.scopes]
            return render(request, "api/shown.html", {"key": key, "secret": secret, "may": may})
    return render(request, "api/new.html", {"form": form}, status=422)


def revoke(request: ClinicRequest, key: ApiKey) -> HttpResponse:
    """Ends a key at once."""
    keys.revoke_key(key)
    messages.success(request, "The key is revoked. Programs that still use it are refused from now on.")
    return HttpResponseRedirect(reverse("keys"), status=303)
