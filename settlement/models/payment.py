"""How what is payable gets paid: bank accounts, instructions, the files that carry them, and what the bank says back."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from network.models import Merchant
from network.scoping import Tenant
from settlement.models.period import Cycle
from skuu.kit.crypto import EncryptedText
from skuu.kit.states import StateChange, Stateful, states_check


class BankAccount(Tenant):
    """Where a merchant is paid and pays from. A new one is used only after its cooling-off. Written by settlement.bank_details."""

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    holder = models.CharField(max_length=70)
    iban = EncryptedText()
    tail = models.CharField(max_length=4)  # the last four characters, which may be shown
    bic = models.CharField(max_length=11, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=120)
    usable_from = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta(Tenant.Meta):
        indexes: ClassVar = [
            # read by settlement.bank_details.account_in_use
            models.Index(fields=["merchant", "usable_from"], name="bank_account_of_merchant"),
        ]

    def __str__(self) -> str:
        return f"{self.holder} …{self.tail}"


class PaymentFile(Tenant):
    """A file of payment instructions for one payer, format and execution day, as it left; never made again."""

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True)  # null: the network's
    message_id = models.CharField(max_length=35, unique=True)
    kind = models.CharField(max_length=16)  # pain.001.001.09, pain.008.001.08, list
    execution_on = models.DateField()
    currency = models.CharField(max_length=3)
    count = models.PositiveIntegerField()
    total = models.BigIntegerField()
    content = models.BinaryField()
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=120)
    first_taken_at = models.DateTimeField(null=True, blank=True)  # when somebody first took it to a bank

    class Meta(Tenant.Meta):
        pass

    def __str__(self) -> str:
        return self.message_id


class Payment(Stateful, Tenant):
    """One payment that is due: payer and payee, no merchant meaning the network. Written only by settlement.pay.

    Amount in minor units. It lowers nothing in the books until it is known to have arrived.
    """

    MERCHANT_PATH: ClassVar[str] = "payer"
    PARTIES: ClassVar = ("payer", "payee")
    STEPS: ClassVar = {
        "prepared": {"approved", "cancelled"},
        "approved": {"instructed", "cancelled"},
        "instructed": {"settled", "failed"},
        "settled": {"bounced"},
    }
    STATUSES: ClassVar = {
        "prepared": "Prepared",
        "approved": "Approved",
        "instructed": "On its way",
        "settled": "Paid",
        "failed": "Not executed",
        "bounced": "Came back",
        "cancelled": "Cancelled",
    }
    OPEN: ClassVar = ("prepared", "approved", "instructed")
    KINDS: ClassVar = {
        "trade": "Between two merchants",
        "fee": "Network fee",
        "collect": "Collected by the payment provider",
        "payout": "Paid out by the payment provider",
    }

    number = models.CharField(max_length=20, unique=True)  # "P-000012": the end-to-end reference at the bank
    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="payments", null=True, blank=True)
    kind = models.CharField(max_length=8, choices=KINDS)
    payer = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    payee = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    parts = models.JSONField(
        default=list
    )  # what it settles in the books: [merchant, counterparty or null, minor units]
    due_on = models.DateField()
    by_debit = models.BooleanField(default=False)  # the payee fetches it by direct debit
    announced_on = models.DateField(null=True, blank=True)  # when the payer was told that it will be fetched
    status = models.CharField(max_length=10, choices=STATUSES, default="prepared")
    status_reason = models.TextField(blank=True)
    prepared_by = models.CharField(max_length=120)
    prepared_at = models.DateTimeField(default=timezone.now)
    approved_by = models.CharField(max_length=120, blank=True)
    account = models.ForeignKey(BankAccount, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    file = models.ForeignKey(PaymentFile, on_delete=models.PROTECT, related_name="payments", null=True, blank=True)
    settled_on = models.DateField(null=True, blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check(
                "prepared",
                "approved",
                "instructed",
                "settled",
                "failed",
                "bounced",
                "cancelled",
                name="payment_status_is_known",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_moves_money_one_way"),
            models.CheckConstraint(
                condition=Q(kind="trade", payer__isnull=False, payee__isnull=False)
                | Q(kind__in=["fee", "collect"], payer__isnull=False, payee=None)
                | Q(kind="payout", payer=None, payee__isnull=False),
                name="a_payment_has_the_parties_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(approved_by="") | ~Q(approved_by=models.F("prepared_by")),
                name="who_prepares_a_payment_does_not_approve_it",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "instructed", "settled", "bounced"]) | ~Q(approved_by=""),
                name="a_payment_leaves_approved",
            ),
            models.UniqueConstraint(
                fields=["kind", "payer", "payee", "currency"],
                condition=Q(status__in=["prepared", "approved", "instructed"]),
                nulls_distinct=False,
                name="one_payment_is_under_way_between_two",
            ),
        ]
        indexes: ClassVar = [
            # read by settlement.pay_files
            models.Index(fields=["due_on"], condition=Q(status="approved"), name="payment_to_instruct"),
        ]

    def __str__(self) -> str:
        return self.number


class PaymentChange(StateChange):
    """One step of a payment."""

    row = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="changes")


class BankFile(Tenant):
    """A statement of the bank that was read in: the network's own, or a merchant's about payments of its trades."""

    MERCHANT_PATH: ClassVar[str] = "merchant"

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=8)  # camt.053, mt940
    digest = models.CharField(max_length=64)
    lines = models.PositiveIntegerField()
    known = models.PositiveIntegerField(default=0)  # of them, told by an earlier file
    read_at = models.DateTimeField(default=timezone.now)
    read_by = models.CharField(max_length=120)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merchant", "digest"], nulls_distinct=False, name="a_bank_statement_is_read_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}"


class BankLine(Stateful, Tenant):
    """One booking at the bank that concerns the network. What nobody can name waits in suspense. Written by settlement.reconcile."""

    MERCHANT_PATH: ClassVar[str] = "file__merchant"
    STEPS: ClassVar = {"suspense": {"matched", "foreign"}}
    STATUSES: ClassVar = {"matched": "Matched", "suspense": "In suspense", "foreign": "Not the network’s"}

    file = models.ForeignKey(BankFile, on_delete=models.PROTECT, related_name="rows")
    bank_ref = models.CharField(max_length=100)
    fingerprint = models.CharField(
        max_length=64, blank=True
    )  # the same in every file that tells of it; see known_bookings
    booked_on = models.DateField()
    amount = models.BigIntegerField()  # + came in, − went out
    currency = models.CharField(max_length=3)
    end_to_end = models.CharField(max_length=35, blank=True)
    text = EncryptedText(blank=True)
    return_code = models.CharField(max_length=8, blank=True)  # AC04: account closed, …
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="bank_lines", null=True, blank=True)
    status = models.CharField(max_length=10, choices=STATUSES)
    status_reason = models.TextField(blank=True)

    class Meta(Tenant.Meta):
        constraints: ClassVar = [
            states_check("matched", "suspense", "foreign", name="bank_line_status_is_known"),
            models.UniqueConstraint(fields=["file", "bank_ref"], name="a_booking_is_read_once"),
            models.UniqueConstraint(
                fields=["fingerprint"], condition=~Q(fingerprint=""), name="a_booking_of_two_files_is_read_once"
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="a_booking_moves_money"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"


class BankLineChange(StateChange):
    """One step of a booking."""

    row = models.ForeignKey(BankLine, on_delete=models.CASCADE, related_name="changes")
