"""URLs of elements: pages, corrections, photos, registering, files of a registry."""

from django.urls import path

from console.views.bulk import BulkFormView, BulkListView, BulkProgressView, BulkRowsView, BulkStepView, BulkView
from console.views.edit import AdoptView, EditView, UndoView
from console.views.edit_api import CorrectionApiView, UndoApiView
from console.views.element import ElementCardView, ElementPlacesView, ElementView
from console.views.element_events import ElementEventsView
from console.views.export import ExportView
from console.views.graph import GraphApiView, GraphView
from console.views.neighbours import ElementNeighboursView
from console.views.photos import AnnotateView, CaptionView, GalleryView, PhotoView, RemoveView, RestoreView, RotateView
from console.views.register import RegisteredView, RegisterView, SimilarView, UndoRegistrationView
from console.views.register_api import RegisterApiView, UndoRegistrationApiView
from console.views.restore import HistoryView, RestoreVersionView
from console.views.reveal import RevealView
from console.views.saved_filters import DeleteFilterView, SavedFilterMenuView, SaveFilterView

urlpatterns = [
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
    path("elements/<int:element_id>/events/", ElementEventsView.as_view(), name="element-events"),
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
    path("saved-filters/<slug:name>/", SavedFilterMenuView.as_view(), name="saved-menu"),
    path("saved-filters/<slug:name>/save/", SaveFilterView.as_view(), name="save-filter"),
    path("saved-filters/<int:filter_id>/delete/", DeleteFilterView.as_view(), name="delete-filter"),
]
