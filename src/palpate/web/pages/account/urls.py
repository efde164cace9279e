"""django-allauth's own pages: signing in and out, the second factor, signing in again."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
