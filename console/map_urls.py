"""URLs of the one map."""

from django.urls import path

from console.views import map as views

app_name = "map"
urlpatterns = [
    path("", views.map_page, name="page"),
    path("tiles/<str:layer>/<int:zoom>/<int:x>/<int:y>.mvt", views.tile, name="tile"),
    path("legend/", views.legend, name="legend"),
    path("areas/<str:kind>/", views.areas, name="areas"),
    path("base/", views.base, name="base"),
    path("features/", views.features, name="features"),
    path("filters/", views.filters, name="filters"),
    path("place/", views.place, name="place"),
]
