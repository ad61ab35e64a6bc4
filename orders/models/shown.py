"""Rows that the back office lists for themselves: exchanges among order lines, takeovers among returns."""

from typing import Any, ClassVar

from django.db import models

from orders.models.order import OrderLine
from orders.models.return_ import Return


class Some(models.Manager):
    """The rows of a model that one condition names."""

    def __init__(self, **condition: Any) -> None:
        super().__init__()
        self.condition = condition

    def get_queryset(self) -> "models.QuerySet[Any]":
        return super().get_queryset().filter(**self.condition)


class Exchange(OrderLine):
    """A line that was given for units that come back."""

    everyone: ClassVar = Some(exchange_of__isnull=False)

    class Meta:
        proxy = True
        base_manager_name = "everyone"


class Takeover(Return):
    """A return that a third merchant's shop takes over."""

    everyone: ClassVar = Some(destination="taker")

    class Meta:
        proxy = True
        base_manager_name = "everyone"
