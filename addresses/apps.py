"""App configuration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AddressesConfig(AppConfig):
    name = "addresses"
    verbose_name = _("标准地址")

    def ready(self) -> None:
        from addresses.services.borders import MOVE_BORDERS
        from addresses.services.moving import move_borders
        from addresses.services.relinking import PREVIEW_RELINK, RELINK, preview_relinking, relink
        from common.jobs import register_job

        register_job(MOVE_BORDERS, move_borders)
        register_job(PREVIEW_RELINK, preview_relinking)
        register_job(RELINK, relink)
