"""All URLs of the platform."""

from importlib.util import find_spec

from django.contrib.auth import views as auth_views
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from accounts.views import SignInView
from console.admin_site import admin_site
from console.views.health import health

handler404 = "common.api.page_not_found"
handler500 = "common.busy.server_error"


def _installed(prefix: str, module: str) -> list[URLResolver]:
    """The URLs of a module that a later part of the work brings."""
    return [path(prefix, include(module))] if find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health, name="health"),
    path("login/", SignInView.as_view(), name="login"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/openapi", SpectacularAPIView.as_view(), name="openapi"),
    path("api/v1/", include("accounts.api.urls")),
    path("api/v1/", include("elements.api.urls")),
    path("api/v1/", include("events.api.urls")),
    *([path("api/v1/", include("addresses.api.urls"))] if find_spec("addresses.api") else []),
    path("admin/", admin_site.urls),
    path("embed/", include("console.embed_urls")),
    *_installed("map/", "console.map_urls"),
    *_installed("", "exchange.urls"),
    *_installed("", "duty.urls"),
    *_installed("", "tagging.urls"),
    *_installed("", "analytics.urls"),
    path("", include("console.urls")),
    path("", include("elements.urls")),
]
