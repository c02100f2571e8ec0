"""URLs of the element API."""

from django.urls import path

from elements.api.views import ElementListView

app_name = "elements-api"
urlpatterns = [path("elements/<slug:registry>/", ElementListView.as_view(), name="list")]
