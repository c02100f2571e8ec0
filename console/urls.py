"""URLs of the console."""

from django.urls import path

from console.views.building import BuildingApiView, BuildingCellView, BuildingView
from console.views.element import ElementCardView, ElementPlacesView, ElementView
from console.views.export import ExportView
from console.views.places import AddressListView, AddressTextListView, AreaListView
from console.views.reveal import RevealView
from console.views.saved_filters import DeleteFilterView, SaveFilterView
from console.views.search import SearchResultsView, SearchView
from console.views.today import FlowsView, SharesView, TodayView
from console.views.tour import TourView

app_name = "console"
urlpatterns = [
    path("", TodayView.as_view(), name="today"),
    path("today/shares/", SharesView.as_view(), name="today-shares"),
    path("today/flows/", FlowsView.as_view(), name="today-flows"),
    path("tour/", TourView.as_view(), name="tour"),
    path("search/", SearchView.as_view(), name="search"),
    path("search/<str:token>/", SearchResultsView.as_view(), name="search-results"),
    path("elements/<int:element_id>/", ElementView.as_view(), name="element"),
    path("elements/<int:element_id>/card/", ElementCardView.as_view(), name="element-card"),
    path("elements/<int:element_id>/places/", ElementPlacesView.as_view(), name="element-places"),
    path("elements/<int:element_id>/reveal/<slug:field>/", RevealView.as_view(), name="reveal"),
    path("addresses/<str:code>/building/", BuildingView.as_view(), name="building"),
    path("addresses/<str:code>/building/cell/", BuildingCellView.as_view(), name="building-cell"),
    path("api/v1/addresses/<str:code>/building/", BuildingApiView.as_view(), name="building-api"),
    # Before the registries of elements.urls, whose names they are not.
    path("registry/addresses/", AddressListView.as_view(), name="addresses"),
    path("registry/address-texts/", AddressTextListView.as_view(), name="address-texts"),
    path("registry/areas/", AreaListView.as_view(), name="areas"),
    path("registry/<slug:name>/export/", ExportView.as_view(), name="export"),
    path("registry/<slug:name>/save/", SaveFilterView.as_view(), name="save-filter"),
    path("saved-filters/<int:filter_id>/delete/", DeleteFilterView.as_view(), name="delete-filter"),
]
