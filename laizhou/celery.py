"""The Celery application: reads `CELERY_*` settings and finds every app's `tasks.py`."""

import os
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laizhou.settings")
app = Celery("laizhou")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

PULSE_S = 5.0


class Pulse(bootsteps.StartStopStep):
    """Touches the file named by WORKER_PULSE while the main loop of the worker turns; `laizhou/keeper.py` looks at it."""

    requires = {"celery.worker.components:Timer"}

    def start(self, parent: Any) -> None:
        if path := os.environ.get("WORKER_PULSE"):
            parent.timer.call_repeatedly(PULSE_S, Path(path).touch)


app.steps["worker"].add(Pulse)
