"""When messages go out, and which services a therapist gives."""

from __future__ import annotations

import datetime
import uuid
from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("clinic", "0003_booking")]
    operations: ClassVar = [
        migrations.AddField("messagesettings", "sends_from", models.TimeField(default=datetime.time(8))),
        migrations.AddField("messagesettings", "sends_until", models.TimeField(default=datetime.time(20))),
        migrations.CreateModel(
            name="Gives",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "service",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="clinic.service"
                    ),
                ),
                (
                    "therapist",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("therapist", "service"), name="gives_once")],
            },
        ),
    ]
