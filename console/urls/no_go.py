"""URLs of no-go rules and their permits."""

from django.urls import path

from console.views.no_go import CheckView, PermitView, RulesView, RuleView
from console.views.no_go_ends import EndRuleView, RestorePermitView, WithdrawPermitView

urlpatterns = [
    path("registry/no-go/", RulesView.as_view(), name="no-go"),
    path("registry/no-go/new/", RuleView.as_view(), name="no-go-new"),
    path("registry/no-go/check/", CheckView.as_view(), name="no-go-check"),
    path("registry/no-go/<int:rule_id>/", RuleView.as_view(), name="no-go-rule"),
    path("registry/no-go/permits/<int:permit_id>/withdraw/", WithdrawPermitView.as_view(), name="no-go-withdraw"),
    path("registry/no-go/permits/<int:permit_id>/restore/", RestorePermitView.as_view(), name="no-go-restore"),
    path("registry/no-go/<int:rule_id>/end/", EndRuleView.as_view(), name="no-go-end"),
    path("registry/no-go/<int:rule_id>/permits/", PermitView.as_view(), name="no-go-permit"),
]
