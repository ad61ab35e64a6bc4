"""What the back office's pages about the books share."""

from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """The books have verbs for writers, and they are not forms."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_write_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may call the verbs behind the list's actions."""
        model: Any = getattr(self, "model")  # noqa: B009 - the admin it is mixed into has it
        return bool(request.user.has_perm(f"settlement.change_{model._meta.model_name}"))
