"""App configuration."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("用户与岗位")

    def ready(self) -> None:
        import accounts.api.schema
        import accounts.receivers  # noqa: F401 - both register themselves
        from accounts.database_roles import grant_application_role

        # Signals come app by app, in order, for apps with models: at the last one every table stands.
        last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]
        post_migrate.connect(grant_application_role, sender=last, dispatch_uid="grant_application_role")
