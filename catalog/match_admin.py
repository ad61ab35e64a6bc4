"""What matching knows and what became of items, in the back office's tables, to read."""

import json

from django.contrib import admin
from django.utils.translation import gettext, gettext_lazy

from catalog.models import CodeLevel, HeldChange, LearntName, LearntSize, MatchingDrift, MergeEvent, NormRun
from skuu.kit.admin import ReadOnlyAdmin


@admin.register(MatchingDrift)
class MatchingDriftAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "finished_at",
        "variants",
        "pairs",
        "missing",
        "extra",
        "split_items",
        "merged_items",
        "drift",
        "is_alarm",
    )
    list_filter = ("is_alarm",)
    ordering = ("-pk",)
    exclude = ("waiting", "by_class", "examples")
    readonly_fields = ("drift", "classes", "what")

    @admin.display(description=gettext_lazy("share of all pairs"))
    def drift(self, report: MatchingDrift) -> str:
        return f"{report.share:.3%}"

    @admin.display(description=gettext_lazy("by class of evidence"))
    def classes(self, report: MatchingDrift) -> str:
        return "\n".join(
            gettext("%(name)s: %(missing)d missing, %(extra)d extra") % {"name": name, **counts}
            for name, counts in sorted(report.by_class.items())
        )

    @admin.display(description=gettext_lazy("examples"))
    def what(self, report: MatchingDrift) -> str:
        return "\n".join(json.dumps(example, ensure_ascii=False) for example in report.examples)


@admin.register(MergeEvent)
class MergeEventAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "item", "other", "count", "by")
    list_filter = ("kind",)
    list_select_related = ("item__style", "other__style")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("variants"))
    def count(self, event: MergeEvent) -> int:
        return len(event.variants)


@admin.register(HeldChange)
class HeldChangeAdmin(ReadOnlyAdmin):
    list_display = ("at", "item", "other", "count", "by")
    list_select_related = ("item__style", "other__style")
    search_fields = ("item__style__title", "other__style__title", "by")
    ordering = ("-pk",)

    @admin.display(description=gettext_lazy("variants"))
    def count(self, held: HeldChange) -> int:
        return len(held.variants)


@admin.register(NormRun)
class NormRunAdmin(ReadOnlyAdmin):
    list_display = ("version", "done", "total", "changed", "started_at", "finished_at")
    ordering = ("-version",)


@admin.register(LearntSize)
class LearntSizeAdmin(ReadOnlyAdmin):
    list_display = ("brand", "system", "value", "european")
    list_filter = ("system",)
    search_fields = ("brand",)


@admin.register(CodeLevel)
class CodeLevelAdmin(ReadOnlyAdmin):
    list_display = ("brand", "code", "level")
    list_filter = ("level",)
    search_fields = ("brand", "code")


@admin.register(LearntName)
class LearntNameAdmin(ReadOnlyAdmin):
    list_display = ("kind", "name", "brand", "shop")
    list_filter = ("kind",)
    list_select_related = ("shop",)
    search_fields = ("name", "brand")
