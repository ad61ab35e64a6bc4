"""What merchants write on the pages about money."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from network.forms import PortalForm
from settlement.dispute import LARGEST_FILE, Evidence
from settlement.hand_in import Paper
from settlement.models import Dispute
from settlement.models import Evidence as EvidenceRow
from skuu.kit.money import parse_minor


class DisputeForm(PortalForm):
    """What a dispute is about."""

    reason = forms.ChoiceField(label=_("What is wrong?"), choices=[*Dispute.REASONS.items()])
    amount = forms.CharField(
        label=_("Amount, VAT included"), required=False, help_text=_("Leave it empty for all of it.")
    )
    text = forms.CharField(label=_("What happened?"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4_000)

    def minor(self, currency: str) -> int | None:
        """Read the amount, or None for all of it. Raises NotPossible."""
        text = self.cleaned_data["amount"].strip().replace(",", ".")
        return parse_minor(text, currency) if text else None


class MessageForm(PortalForm):
    """A message in a dispute, with a file."""

    text = forms.CharField(
        label=_("Message"), widget=forms.Textarea(attrs={"rows": 3}), required=False, max_length=4_000
    )
    file = forms.FileField(label=_("Evidence"), required=False, help_text=_("A PDF, a PNG or a JPEG of 5 MB at most."))

    def evidence(self) -> Evidence | None:
        file: Any = self.cleaned_data.get("file")
        return Evidence(file.name, file.content_type or "", file.read()) if file else None


class PaperForm(PortalForm):
    """A paper that proves a transport."""

    kind = forms.ChoiceField(label=_("What is it?"), choices=[*EvidenceRow.HANDED_IN.items()])
    issuer = forms.CharField(
        label=_("Who issued it?"),
        max_length=60,
        help_text=_("The carrier, insurer, bank or office, not one of you two."),
    )
    issued_on = forms.DateField(label=_("Issued on"), widget=forms.DateInput({"type": "date"}))
    file = forms.FileField(label=_("File"), help_text=_("A PDF, a PNG or a JPEG of 5 MB at most."))

    def paper(self) -> Paper:
        """Read the paper."""
        data = self.cleaned_data
        file: Any = data["file"]
        return Paper(
            data["kind"],
            data["issuer"],
            data["issued_on"],
            file.name,
            file.content_type or "",
            file.read(LARGEST_FILE + 1),
        )


class BankForm(PortalForm):
    """Where a merchant is paid."""

    holder = forms.CharField(label=_("Account holder"), max_length=70)
    iban = forms.CharField(label=_("IBAN"), max_length=42)
    bic = forms.CharField(label=_("BIC"), max_length=11, required=False, help_text=_("Only when your bank insists."))


class BankFileForm(PortalForm):
    """A bank statement to read."""

    file = forms.FileField(label=_("Bank statement"), help_text=_("camt.053 or MT940, as your bank gives it."))


class ObjectionForm(PortalForm):
    """What is wrong with a self-billed document."""

    reason = forms.CharField(
        label=_("What is wrong with it?"), widget=forms.Textarea(attrs={"rows": 4}), min_length=3, max_length=2_000
    )
