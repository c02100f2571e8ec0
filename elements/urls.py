"""URLs of the registries."""

from django.urls import path

from elements.views import RegistryListView, RegistrySearchView

app_name = "elements"
urlpatterns = [
    path("registry/<slug:name>/", RegistryListView.as_view(), name="list"),
    path("registry/<slug:name>/search/", RegistrySearchView.as_view(), name="search"),
]
