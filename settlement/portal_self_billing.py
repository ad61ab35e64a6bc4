"""The supplier's pages about self-billing: the agreement is read, agreed to and revoked, and documents are objected to."""

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import BOOKKEEPERS, OWNERS, SEES_MONEY, MerchantRequest, merchant_page
from settlement.accept_documents import OPEN, acceptances, object_to_document
from settlement.agreement_texts import CURRENT
from settlement.documents.agreement_pdf import agreement_pdf
from settlement.forms import ObjectionForm
from settlement.models import Document, SelfBilling
from settlement.portal_money import download, second_factor_is_fresh
from settlement.self_billing import (
    agree_self_billing,
    digest_of,
    find_agreement,
    revoke_self_billing,
    standing_agreement,
    words_for,
)
from settlement.unbilled import unbilled_of
from skuu.kit.errors import NotFound, SkuuError


@require_GET
@merchant_page(see=SEES_MONEY, change=OWNERS)
def self_billing(request: MerchantRequest) -> HttpResponseBase:
    """Show the agreement that stands, or the text to agree to, what waits for it, and the earlier ones."""
    merchant = request.acting.merchant
    standing = standing_agreement(merchant)
    words = words_for(merchant)
    facts = {
        "section": "documents",
        "standing": standing,
        "is_offered": standing is None or standing.ends_on is not None or standing.version != CURRENT.version,
        "version": CURRENT.version,
        "days": CURRENT.days,
        "words": words,
        "digest": digest_of(words),
        "earlier": list(SelfBilling.objects.for_merchant(merchant).exclude(ends_on=None).order_by("-pk")[:20]),
        "waiting": [row for row in unbilled_of(merchant) if row.supplier_id == merchant.pk],
        "today": timezone.localdate(),
        "fresh": second_factor_is_fresh(request),
        "may_own": request.acting.role in OWNERS,
    }
    return render(request, "portal/settlement/self_billing.html", facts)


@require_POST
@merchant_page(see=SEES_MONEY, change=OWNERS)
def agree(request: MerchantRequest) -> HttpResponseBase:
    """Agree to the text that was read; only right after a second factor was shown."""
    if not second_factor_is_fresh(request):
        messages.error(request, _("Show your second factor first, then agree."))
        return redirect("portal:self_billing")
    try:
        agree_self_billing(
            request.acting.merchant,
            by=request.acting.by,
            name=request.POST.get("name", ""),
            digest=request.POST.get("digest", ""),
        )
        messages.success(request, _("Agreed. What waited is drawn up with the next invoices."))
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("portal:self_billing")


@require_POST
@merchant_page(see=SEES_MONEY, change=OWNERS)
def revoke(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Revoke the agreement from a day on."""
    row = find_agreement(request.acting.merchant, pk)
    try:
        day = dt.date.fromisoformat(request.POST.get("from_on", ""))
    except ValueError:
        messages.error(request, _("Say from which day on."))
        return redirect("portal:self_billing")
    try:
        revoke_self_billing(row, by=request.acting.by, from_on=day)
        messages.success(request, _("Revoked. From that day on no invoice is drawn up in your name."))
    except SkuuError as error:
        messages.error(request, error.message)
    return redirect("portal:self_billing")


@require_GET
@merchant_page(see=SEES_MONEY, change=OWNERS)
def text(request: MerchantRequest, pk: int) -> HttpResponse:
    """Download the text that was agreed to, the very bytes whose digest is kept; or the same printed, ``?as=pdf``."""
    row = find_agreement(request.acting.merchant, pk)
    if request.GET.get("as") == "pdf":
        return download(agreement_pdf(row), f"self-billing-{row.version}-{row.pk}.pdf", "application/pdf")
    return download(row.words.encode(), f"self-billing-{row.version}-{row.pk}.txt", "text/plain; charset=utf-8")


@merchant_page(see=BOOKKEEPERS, change=BOOKKEEPERS)
def object_to(request: MerchantRequest, pk: int) -> HttpResponseBase:
    """Show how it stands with a document drawn up in the merchant's name; take an objection."""
    merchant = request.acting.merchant
    rows = Document.objects.for_merchant(merchant, via="seller").select_related("buyer")
    row: Document | None = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound("There is no such document.")
    form = ObjectionForm(request.POST or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            object_to_document(merchant, row, reason=form.cleaned_data["reason"], by=request.acting.by)
            messages.success(request, _("Noted. People of the network read it and answer here."))
            return redirect("portal:document_object", pk=row.pk)
        except SkuuError as error:
            refused = error.message
    state = acceptances([row])[row.pk]
    facts = {
        "section": "documents",
        "document": row,
        "acceptance": state,
        "may_object": state.state == OPEN,
        "form": form,
        "refused": refused,
    }
    return render(request, "portal/settlement/object.html", facts, status=422 if request.method == "POST" else 200)
