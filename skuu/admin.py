"""The back office's page on shops that leave: where each stands, and the steps staff may take for it."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import action

from network.models import Leaving
from skuu import leaving
from skuu.kit.admin import ReadOnlyAdmin
from skuu.kit.errors import SkuuError


@admin.register(Leaving)
class LeavingAdmin(ReadOnlyAdmin):
    list_display = ("shop", "state", "asked_at", "asked_by", "still_open", "ended_at", "ended_by")
    list_filter = ("left",)
    search_fields = ("shop__name", "shop__domain", "reason")
    list_select_related = ("shop__merchant",)
    ordering = ("-pk",)
    readonly_fields = ("still_open",)
    actions = ("let_go", "keep")

    @admin.display(description="state")
    def state(self, row: Leaving) -> str:
        return "left" if row.left else "stayed" if row.ended_at else "leaving"

    @admin.display(description="still open")
    def still_open(self, row: Leaving) -> str:
        if row.ended_at:
            return "–"
        steps = leaving.plan_exit(row.shop).steps
        return "; ".join(f"{step.title}: {step.left}" for step in steps if not step.is_done) or "nothing"

    @action(description="Let go now what has nothing open", permissions=["decide"])
    def let_go(self, request: HttpRequest, rows: "QuerySet[Leaving]") -> None:
        by = str(request.user)
        for row in rows:
            if leaving.finish_leaving(row.shop, by=by):
                self.message_user(request, f"{row.shop} has left.", messages.SUCCESS)
            else:
                self.message_user(request, f"{row.shop} still has something open, or is not leaving.", messages.WARNING)

    @action(description="Stay after all", permissions=["decide"])
    def keep(self, request: HttpRequest, rows: "QuerySet[Leaving]") -> None:
        for row in rows:
            try:
                leaving.stay(row.shop, by=str(request.user))
            except SkuuError as error:
                self.message_user(request, f"{row.shop}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"{row.shop} stays.", messages.SUCCESS)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Say who may let shops go: who may change shops."""
        return bool(request.user.has_perm("network.change_shop"))
