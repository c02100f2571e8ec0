"""The project: settings, URLs, ASGI, Celery. Nothing imports it but the servers."""

from laizhou.celery import app as celery_app

__all__ = ["celery_app"]
