"""URLs of the console."""

from django.urls import path

from console.views.address import (
    AddressChangeView,
    AddressPageView,
    AddressSearchView,
    UndoAddressChangeView,
)
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
from console.views.block import BlockApiView, BlockListView, BlockPlacesView, BlockSeenView, BlockView
from console.views.border_outline import OutlineOfFileView, SectionsView
from console.views.borders import (
    AreaCheckView,
    BorderDocumentView,
    BorderEffectsView,
    BorderMovesView,
    BorderMoveView,
    BorderNewView,
    BorderProgressView,
    BorderStepView,
    NeighboursView,
)
from console.views.building import BuildingApiView, BuildingCellView, BuildingView
from console.views.bulk import BulkFormView, BulkListView, BulkProgressView, BulkRowsView, BulkStepView, BulkView
from console.views.coverage import CoverageApiView, CoverageView, ExpectedCountsView
from console.views.duplicates import (
    DuplicateListView,
    DuplicateView,
    JudgeView,
    SearchDuplicatesView,
    SearchProgressView,
    UndoJudgementView,
)
from console.views.edit import AdoptView, EditView, UndoView
from console.views.edit_api import CorrectionApiView, UndoApiView
from console.views.element import ElementCardView, ElementPlacesView, ElementView
from console.views.export import ExportView
from console.views.graph import GraphApiView, GraphView
from console.views.ledgers import LedgerCountView, LedgerExportView, LedgersView
from console.views.list_export import ListExportView
from console.views.merge_new import MergeNewView, MergePlacesView, MergePreviewView, MergeSearchView
from console.views.merges import MergeListView, MergeView, UndoMergeView
from console.views.neighbours import ElementNeighboursView
from console.views.no_go import CheckView, PermitView, RulesView, RuleView
from console.views.no_go_ends import EndRuleView, RestorePermitView, WithdrawPermitView
from console.views.photos import (
    AnnotateView,
    CaptionView,
    GalleryView,
    PhotoView,
    RemoveView,
    RestoreView,
    RotateView,
)
from console.views.places import AddressListView, AreaListView
from console.views.register import RegisteredView, RegisterView, SimilarView, UndoRegistrationView
from console.views.register_api import RegisterApiView, UndoRegistrationApiView
from console.views.restore import HistoryView, RestoreVersionView
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
    path("elements/<int:element_id>/neighbours/", ElementNeighboursView.as_view(), name="element-neighbours"),
    path("elements/<int:element_id>/places/", ElementPlacesView.as_view(), name="element-places"),
    path("elements/<int:element_id>/relations/", GraphView.as_view(), name="element-graph"),
    path("api/v1/elements/<int:element_id>/relations/", GraphApiView.as_view(), name="element-graph-api"),
    path("elements/<int:element_id>/reveal/<slug:field>/", RevealView.as_view(), name="reveal"),
    path("elements/<int:element_id>/edit/<slug:field>/", EditView.as_view(), name="edit"),
    path("elements/<int:element_id>/adopt/<slug:field>/", AdoptView.as_view(), name="adopt"),
    path("elements/<int:element_id>/history/", HistoryView.as_view(), name="element-history"),
    path("elements/<int:element_id>/restore/<slug:version>/", RestoreVersionView.as_view(), name="restore"),
    path("corrections/<int:correction_id>/undo/", UndoView.as_view(), name="undo-correction"),
    path("api/v1/elements/<int:element_id>/corrections/", CorrectionApiView.as_view(), name="corrections-api"),
    path("api/v1/corrections/<int:correction_id>/undo/", UndoApiView.as_view(), name="undo-correction-api"),
    path("bulk/", BulkListView.as_view(), name="bulk-list"),
    path("bulk/<int:correction_id>/", BulkView.as_view(), name="bulk"),
    path("bulk/<int:correction_id>/progress/", BulkProgressView.as_view(), name="bulk-progress"),
    path("bulk/<int:correction_id>/rows/", BulkRowsView.as_view(), name="bulk-rows"),
    path("bulk/<int:correction_id>/<slug:step>/", BulkStepView.as_view(), name="bulk-step"),
    path("elements/<int:element_id>/photos/", GalleryView.as_view(), name="photo-gallery"),
    path("photos/<uuid:token>/", PhotoView.as_view(), name="photo"),
    path("photos/<uuid:token>/thumb/", PhotoView.as_view(is_thumb=True), name="photo-thumb"),
    path("photos/<uuid:token>/remove/", RemoveView.as_view(), name="photo-remove"),
    path("photos/<uuid:token>/restore/", RestoreView.as_view(), name="photo-restore"),
    path("photos/<uuid:token>/rotate/", RotateView.as_view(), name="photo-rotate"),
    path("photos/<uuid:token>/caption/", CaptionView.as_view(), name="photo-caption"),
    path("photos/<uuid:token>/annotate/", AnnotateView.as_view(), name="photo-annotate"),
    path("blocks/", BlockListView.as_view(), name="blocks"),
    path("blocks/<str:code>/", BlockView.as_view(), name="block"),
    path("blocks/<str:code>/places/", BlockPlacesView.as_view(), name="block-places"),
    path("blocks/<str:code>/seen/", BlockSeenView.as_view(), name="block-seen"),
    path("api/v1/blocks/<str:code>/", BlockApiView.as_view(), name="block-api"),
    path("ledgers/", LedgersView.as_view(), name="ledgers"),
    path("ledgers/<slug:code>/count/", LedgerCountView.as_view(), name="ledger-count"),
    path("ledgers/<slug:code>/export/", LedgerExportView.as_view(), name="ledger-export"),
    path("coverage/", CoverageView.as_view(), name="coverage"),
    path("coverage/expected/", ExpectedCountsView.as_view(), name="expected-counts"),
    path("api/v1/coverage/", CoverageApiView.as_view(), name="coverage-api"),
    path("areas/check/", AreaCheckView.as_view(), name="area-check"),
    path("areas/moves/", BorderMovesView.as_view(), name="border-moves"),
    path("areas/moves/new/", BorderNewView.as_view(), name="border-new"),
    path("areas/moves/neighbours/", NeighboursView.as_view(), name="border-neighbours"),
    path("areas/moves/sections/", SectionsView.as_view(), name="border-sections"),
    path("areas/moves/outline/", OutlineOfFileView.as_view(), name="border-outline"),
    path("areas/moves/<int:move_id>/", BorderMoveView.as_view(), name="border-move"),
    path("areas/moves/<int:move_id>/progress/", BorderProgressView.as_view(), name="border-move-progress"),
    path("areas/moves/<int:move_id>/effects/", BorderEffectsView.as_view(), name="border-move-effects"),
    path("areas/moves/<int:move_id>/borders/", BorderDocumentView.as_view(), name="border-move-borders"),
    path("areas/moves/<int:move_id>/<slug:step>/", BorderStepView.as_view(), name="border-move-step"),
    path("duplicates/", DuplicateListView.as_view(), name="duplicates"),
    path("duplicates/judge/", JudgeView.as_view(), name="duplicate-judge"),
    path("duplicates/undo/", UndoJudgementView.as_view(), name="duplicate-undo"),
    path("duplicates/search/", SearchDuplicatesView.as_view(), name="duplicate-search"),
    path("duplicates/progress/", SearchProgressView.as_view(), name="duplicate-progress"),
    path("duplicates/<int:pair_id>/", DuplicateView.as_view(), name="duplicate"),
    path("merges/", MergeListView.as_view(), name="merges"),
    path("merges/new/", MergeNewView.as_view(), name="merge-new"),
    path("merges/preview/", MergePreviewView.as_view(), name="merge-preview"),
    path("merges/places/", MergePlacesView.as_view(), name="merge-places"),
    path("merges/search/", MergeSearchView.as_view(), name="merge-search"),
    path("lists/<slug:name>/export/", ListExportView.as_view(), name="list-export"),
    path("merges/<int:merge_id>/", MergeView.as_view(), name="merge"),
    path("merges/<int:merge_id>/undo/", UndoMergeView.as_view(), name="merge-undo"),
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
    # Before the registries of elements.urls, whose names they are not.
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
    path("registry/no-go/", RulesView.as_view(), name="no-go"),
    path("registry/no-go/new/", RuleView.as_view(), name="no-go-new"),
    path("registry/no-go/check/", CheckView.as_view(), name="no-go-check"),
    path("registry/no-go/<int:rule_id>/", RuleView.as_view(), name="no-go-rule"),
    path("registry/no-go/permits/<int:permit_id>/withdraw/", WithdrawPermitView.as_view(), name="no-go-withdraw"),
    path("registry/no-go/permits/<int:permit_id>/restore/", RestorePermitView.as_view(), name="no-go-restore"),
    path("registry/no-go/<int:rule_id>/end/", EndRuleView.as_view(), name="no-go-end"),
    path("registry/no-go/<int:rule_id>/permits/", PermitView.as_view(), name="no-go-permit"),
    path("registry/areas/", AreaListView.as_view(), name="areas"),
    path("registry/<slug:name>/bulk/", BulkFormView.as_view(), name="bulk-form"),
    path("registry/<slug:name>/new/", RegisterView.as_view(), name="register"),
    path("registry/<slug:name>/new/similar/", SimilarView.as_view(), name="register-similar"),
    path("registered/<int:registration_id>/", RegisteredView.as_view(), name="registered"),
    path("registered/<int:registration_id>/undo/", UndoRegistrationView.as_view(), name="undo-registration"),
    path("api/v1/elements/", RegisterApiView.as_view(), name="register-api"),
    path(
        "api/v1/registrations/<int:registration_id>/undo/",
        UndoRegistrationApiView.as_view(),
        name="undo-registration-api",
    ),
    path("registry/<slug:name>/export/", ExportView.as_view(), name="export"),
    path("registry/<slug:name>/save/", SaveFilterView.as_view(), name="save-filter"),
    path("saved-filters/<int:filter_id>/delete/", DeleteFilterView.as_view(), name="delete-filter"),
]
