"""WSGI entry point, for servers that speak nothing newer."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "laizhou.settings")
os.environ.setdefault("PROCESS_ROLE", "web")
application = get_wsgi_application()
