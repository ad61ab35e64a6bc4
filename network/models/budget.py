"""What a store lets us ask: its bucket of cost points as far as its answers have taught us, shared by all processes."""

from django.db import models

from network.models.shop import Shop


class StoreBudget(models.Model):
    """One store's bucket as we believe it stands: so many points at that moment, refilled since at its rate.

    Written only by network.budgets, by the database's clock.
    """

    shop = models.OneToOneField(Shop, on_delete=models.CASCADE, related_name="budget", primary_key=True)
    maximum = models.FloatField()
    rate = models.FloatField()  # points a second
    available = models.FloatField()
    at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True)  # the store said "slow down" and when to come back
    throttled = models.PositiveBigIntegerField(default=0)  # how often it had to say so
    failures = models.PositiveIntegerField(default=0, db_default=0)  # calls in a row it did not answer
    throttled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.available:.0f} of {self.maximum:.0f} points of {self.shop_id}"


class OperationCost(models.Model):
    """What one of our operations costs, as stores last told us: asked for before it runs, and what it came to.

    Written only by network.budgets.
    """

    operation = models.CharField(max_length=80, primary_key=True)
    asked = models.FloatField()
    actual = models.FloatField(null=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.operation}: {self.asked:.0f}"
