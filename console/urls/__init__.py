"""URLs of the console, by subject."""

from django.urls import path

from console.urls import addresses, areas, boards, elements, events, no_go, pairs
from console.views.ledgers import LedgerCountView, LedgerExportView, LedgersView
from console.views.list_export import ListExportView
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
    path("ledgers/", LedgersView.as_view(), name="ledgers"),
    path("ledgers/<slug:code>/count/", LedgerCountView.as_view(), name="ledger-count"),
    path("ledgers/<slug:code>/export/", LedgerExportView.as_view(), name="ledger-export"),
    path("lists/<slug:name>/export/", ListExportView.as_view(), name="list-export"),
    *areas.urlpatterns,
    *boards.urlpatterns,
    *pairs.urlpatterns,
    # Before those of the registries, whose names they are not.
    *addresses.urlpatterns,
    *no_go.urlpatterns,
    *events.urlpatterns,
    *elements.urlpatterns,
]
