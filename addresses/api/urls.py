"""URLs of the address API."""

from django.urls import path

from addresses.api.views import ResolveView

app_name = "addresses-api"
urlpatterns = [path("addresses/resolve", ResolveView.as_view(), name="resolve")]
