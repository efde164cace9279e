"""The audit trail and the small tables around acts."""

from __future__ import annotations

from palpate.clinic.models import AuditHead, FormKey


def locked_head() -> AuditHead:
    """The newest number and hash, locked until the transaction ends, so that numbers have no gap."""
    head = AuditHead.objects.select_for_update().filter(pk=1).first()
    if head is None:
        AuditHead.objects.get_or_create(pk=1)
        head = AuditHead.objects.select_for_update().get(pk=1)
    return head


def form_key(actor: str, key: str) -> FormKey | None:
    """The first use of a form's key by an actor."""
    return FormKey.objects.filter(actor=actor, key=key).first()
