"""The production settings, with the package of measurements installed, so that the peers' tables may be models."""

from laizhou.settings import *  # noqa: F403
from laizhou.settings import INSTALLED_APPS as _PRODUCTION_APPS
from laizhou.settings import STORAGES as _PRODUCTION_STORAGES

INSTALLED_APPS = [*_PRODUCTION_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
# The test client's name; requests never leave the process.
ALLOWED_HOSTS = ["testserver"]
# The names of static files are not what is measured, and nothing needs to be collected beforehand.
STORAGES = {**_PRODUCTION_STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
