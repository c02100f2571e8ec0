"""URLs of the element API."""

from django.urls import path

from elements.api.address_texts import AddressTextDecideView, AddressTextListView, AddressTextUndoView
from elements.api.duplicates import DuplicateJudgeView, DuplicateListView, MergeCreateView, MergeUndoView
from elements.api.no_go import (
    CheckApiView,
    PermitRestoreView,
    PermitWithdrawView,
    RuleEndView,
    RuleListView,
    RulePermitsView,
    RuleView,
)
from elements.api.photos import PhotoListView
from elements.api.views import ElementListView

app_name = "elements-api"
urlpatterns = [
    path("elements/<slug:registry>/", ElementListView.as_view(), name="list"),
    path("address-texts/", AddressTextListView.as_view(), name="address-texts"),
    path("address-texts/decide", AddressTextDecideView.as_view(), name="address-texts-decide"),
    path("address-texts/undo", AddressTextUndoView.as_view(), name="address-texts-undo"),
    path("duplicates/", DuplicateListView.as_view(), name="duplicates"),
    path("duplicates/judge/", DuplicateJudgeView.as_view(), name="duplicates-judge"),
    path("merges/", MergeCreateView.as_view(), name="merges"),
    path("merges/<int:merge_id>/undo/", MergeUndoView.as_view(), name="merge-undo"),
    path("no-go/rules/", RuleListView.as_view(), name="no-go-rules"),
    path("no-go/rules/<int:rule_id>/", RuleView.as_view(), name="no-go-rule"),
    path("no-go/rules/<int:rule_id>/end/", RuleEndView.as_view(), name="no-go-end"),
    path("no-go/rules/<int:rule_id>/permits/", RulePermitsView.as_view(), name="no-go-permits"),
    path("no-go/permits/<int:permit_id>/withdraw/", PermitWithdrawView.as_view(), name="no-go-withdraw"),
    path("no-go/permits/<int:permit_id>/restore/", PermitRestoreView.as_view(), name="no-go-restore"),
    path("no-go/check/", CheckApiView.as_view(), name="no-go-check"),
    path("elements/<int:element_id>/photos/", PhotoListView.as_view(), name="photos"),
]
