"""URLs of the address API."""

from django.urls import path

from addresses.api.views import AddressView, NearestView, ResolveView, SuggestView

app_name = "addresses-api"
urlpatterns = [
    path("addresses/resolve", ResolveView.as_view(), name="resolve"),
    path("addresses/suggest", SuggestView.as_view(), name="suggest"),
    path("addresses/nearest", NearestView.as_view(), name="nearest"),
    path("addresses/<str:code>", AddressView.as_view(), name="address"),
]
