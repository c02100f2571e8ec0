"""URLs of standard addresses, the texts that name them, and the building sheet."""

from django.urls import path

from console.views.address import AddressChangeView, AddressPageView, AddressSearchView, UndoAddressChangeView
from console.views.address_batch import (
    AddressBatchView,
    AddressDraftView,
    AddressJobView,
    AddressProgressView,
    AddressResultView,
    AddressStepView,
)
from console.views.address_check import AddressCheckView
from console.views.address_decisions import DecisionListView, ExamplesExportView, UndoBatchView, UndoDecisionView
from console.views.address_new import AddressLookView, AddressNamesView, AddressNewView
from console.views.address_relink import RelinkProgressView, RelinkStepView, RelinkView
from console.views.address_texts import AcceptView, DecideView, EffectView, ProvisionalView, WorklistView
from console.views.building import BuildingApiView, BuildingCellView, BuildingView
from console.views.places import AddressListView

urlpatterns = [
    path("addresses/new/", AddressNewView.as_view(), name="address-new"),
    path("addresses/new/look/", AddressLookView.as_view(), name="address-new-look"),
    path("addresses/new/names/", AddressNamesView.as_view(), name="address-new-names"),
    path("addresses/changes/<int:change_id>/undo/", UndoAddressChangeView.as_view(), name="address-change-undo"),
    path("addresses/<str:code>/", AddressPageView.as_view(), name="address"),
    path("addresses/<str:code>/search/", AddressSearchView.as_view(), name="address-search"),
    path("addresses/<str:code>/change/<slug:act>/", AddressChangeView.as_view(), name="address-change"),
    path("addresses/<str:code>/building/", BuildingView.as_view(), name="building"),
    path("addresses/<str:code>/building/cell/", BuildingCellView.as_view(), name="building-cell"),
    path("api/v1/addresses/<str:code>/building/", BuildingApiView.as_view(), name="building-api"),
    path("registry/addresses/", AddressListView.as_view(), name="addresses"),
    path("registry/address-texts/", WorklistView.as_view(), name="address-texts"),
    path("registry/address-texts/accept/", AcceptView.as_view(), name="address-texts-accept"),
    path("registry/address-texts/relink/", RelinkView.as_view(), name="address-relink"),
    path(
        "registry/address-texts/relink/<int:job_id>/progress/",
        RelinkProgressView.as_view(),
        name="address-relink-progress",
    ),
    path(
        "registry/address-texts/relink/<int:job_id>/<slug:step>/", RelinkStepView.as_view(), name="address-relink-step"
    ),
    path("registry/address-texts/<int:text_id>/effect/", EffectView.as_view(), name="address-text-effect"),
    path("registry/address-texts/<int:text_id>/decide/", DecideView.as_view(), name="address-text-decide"),
    path(
        "registry/address-texts/<int:text_id>/provisional/", ProvisionalView.as_view(), name="address-text-provisional"
    ),
    path("registry/address-decisions/", DecisionListView.as_view(), name="address-decisions"),
    path("registry/address-decisions/undo/", UndoBatchView.as_view(), name="address-decisions-undo"),
    path("registry/address-decisions/export/", ExamplesExportView.as_view(), name="address-decisions-export"),
    path(
        "registry/address-decisions/<int:decision_id>/undo/", UndoDecisionView.as_view(), name="address-decision-undo"
    ),
    path("registry/address-check/", AddressCheckView.as_view(), name="address-check"),
    path("registry/address-batch/", AddressBatchView.as_view(), name="address-batch"),
    path("registry/address-batch/draft/", AddressDraftView.as_view(), name="address-batch-draft"),
    path("registry/address-batch/<int:job_id>/", AddressJobView.as_view(), name="address-batch-job"),
    path("registry/address-batch/<int:job_id>/progress/", AddressProgressView.as_view(), name="address-batch-progress"),
    path(
        "registry/address-batch/<int:job_id>/result.<slug:extension>",
        AddressResultView.as_view(),
        name="address-batch-result",
    ),
    path("registry/address-batch/<int:job_id>/<slug:step>/", AddressStepView.as_view(), name="address-batch-step"),
]
