"""URLs of the token endpoints."""

from django.urls import path

from accounts.api.views import RefreshView, TokenView

app_name = "accounts-api"
urlpatterns = [
    path("auth/token", TokenView.as_view(), name="token"),
    path("auth/refresh", RefreshView.as_view(), name="refresh"),
]
