"""ASGI entry point of the web server."""

import gc
import os
from importlib import import_module

from django.core.asgi import get_asgi_application

from common.asgi import with_room_checked

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laizhou.settings")
os.environ.setdefault("PROCESS_ROLE", "web")
application = with_room_checked(get_asgi_application())

# Pages are loaded now, not by whoever comes first. What is loaded never goes away: the collector would otherwise look
# through all of it again and again, 150 ms in the middle of somebody's request.
import_module("laizhou.urls")
gc.collect()
gc.freeze()
