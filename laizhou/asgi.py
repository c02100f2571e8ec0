"""ASGI entry point of the web server."""

import gc
import os
from importlib import import_module

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laizhou.settings")
application = get_asgi_application()

# Pages are loaded now, not by whoever comes first. What is loaded never goes away: the collector would otherwise look
# through all of it again and again, 150 ms in the middle of somebody's request.
import_module("laizhou.urls")
gc.collect()
gc.freeze()
