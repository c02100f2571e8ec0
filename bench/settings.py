"""The production settings, with the package of measurements installed, so that the peers' tables may be models."""

from laizhou.settings import *  # noqa: F403
from laizhou.settings import INSTALLED_APPS as _PRODUCTION_APPS

INSTALLED_APPS = [*_PRODUCTION_APPS, "bench"]
ROOT_URLCONF = "bench.urls"
# The test client's name; requests never leave the process.
ALLOWED_HOSTS = ["testserver"]
