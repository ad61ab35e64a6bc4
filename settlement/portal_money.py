"""The merchant's pages about money beside statements: balance, payments, documents, disputes, bank details, explanations."""

import datetime as dt
from typing import Any

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import BOOKKEEPERS, OWNERS, SEES_MONEY, Acting, MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from orders.models import InternalOrder
from settlement import dispute as disputing
from settlement.accept_documents import acceptances
from settlement.agree import cycle_of, next_statement_on
from settlement.balances import positions_of
from settlement.bank_details import add_bank_account
from settlement.coming import coming_of
from settlement.credit import credits_of
from settlement.evidence import evidence_of, is_proven
from settlement.explain import disputes_of, explain_sale
from settlement.forms import BankFileForm, BankForm, DisputeForm, MessageForm, PaperForm
from settlement.mandates import may_enter_mandate
from settlement.models import (
    BankAccount,
    Dispute,
    DisputeMessage,
    Document,
    Evidence,
    Mandate,
    Payment,
    PaymentFile,
    StoredFile,
)
from settlement.pay import confirm_received
from settlement.pay_files import take_file
from settlement.reconcile import read_bank_file
from settlement.self_billing import standing_agreement
from settlement.states import next_release
from settlement.unbilled import unbilled_of
from skuu.kit.errors import NotFound, SkuuError

PAYMENTS = {"open": Payment.OPEN, "paid": ("settled",), "back": ("bounced", "failed")}
FRESH = dt.timedelta(minutes=15)
TYPES = {"cii": ("application/xml", "xml"), "ubl": ("application/xml", "ubl.xml"), "pdf": ("application/pdf", "pdf")}


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def money(request: MerchantRequest) -> HttpResponseBase:
    """Show what is payable, pending and held now, what is paid next, and what was paid."""
    merchant = request.acting.merchant
    payments = Payment.objects.for_merchant(merchant, via=Payment.PARTIES).exclude(status="cancelled")
    state = request.GET.get("state", "")
    rows = payments.filter(status__in=PAYMENTS[state]) if state in PAYMENTS else payments
    page = page_after(
        rows.select_related("payer", "payee", "file"), request.GET.get("after"), of=payments, newest_first=True
    )
    facts = {
        "section": "money",
        "positions": [(one, coming_of(merchant.pk, one.currency)) for one in positions_of(merchant)],
        "credits": credits_of(merchant),
        "state": state,
        "today": timezone.localdate(),
        "next": next_release(merchant.pk),
        "kind": cycle_of(merchant.pk),
        "closes_on": next_statement_on(merchant.pk),
        "page": page,
        "form": BankFileForm(),
        "may_change": request.acting.role in BOOKKEEPERS,
    }
    return render(request, "portal/settlement/money.html", facts)


@require_POST
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def payment_received(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Take the payee's word that a payment has arrived."""
    row = _payment(request.acting, number)
    confirm_received(row, merchant=request.acting.merchant.pk, by=request.acting.by)
    messages.success(request, _("%(number)s is booked as paid.") % {"number": row.number})
    return redirect("portal:money")


@require_GET
@merchant_page(see=BOOKKEEPERS, change=BOOKKEEPERS)
def payment_file(request: MerchantRequest, number: str) -> HttpResponse:
    """Hand out the payment file that carries a payment, for the merchant's own bank."""
    row = _payment(request.acting, number)
    file = PaymentFile.objects.for_merchant(request.acting.merchant).filter(pk=row.file_id or 0).first()
    if file is None:
        raise NotFound("There is no such file.")
    content = take_file(file, by=request.acting.by)
    kind = "csv" if file.kind == "list" else "xml"
    return download(content, f"{file.message_id}.{kind}", "text/csv" if kind == "csv" else "application/xml")


@require_POST
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def bank_file(request: MerchantRequest) -> HttpResponseBase:
    """Read the merchant's bank statement for payments of its trades."""
    form = BankFileForm(request.POST, request.FILES)
    if form.is_valid():
        file = read_bank_file(form.cleaned_data["file"].read(), merchant=request.acting.merchant, by=request.acting.by)
        with as_network():
            found = file.rows.count()
        messages.success(
            request,
            _("Read %(lines)s bookings; %(found)s are about payments here.") % {"lines": file.lines, "found": found},
        )
    else:
        messages.error(request, _("Choose a file."))
    return redirect("portal:money")


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def documents(request: MerchantRequest) -> HttpResponseBase:
    """List the invoices and credit notes in which the merchant sells or buys."""
    merchant = request.acting.merchant
    mine = Document.objects.for_merchant(merchant, via=Document.PARTIES)
    kind, month = request.GET.get("kind", ""), _month(request.GET.get("month", ""))
    rows = mine.filter(kind=kind) if kind in Document.KINDS else mine
    if month is not None:
        rows = rows.filter(month=month)
    page = page_after(rows.select_related("seller", "buyer"), request.GET.get("after"), of=mine, newest_first=True)
    accepted = acceptances(page.rows)
    facts = {
        "section": "documents",
        "page": page,
        "told": [(row, accepted[row.pk]) for row in page.rows],
        "kind": kind,
        "month": month,
        "kinds": Document.KINDS.items(),
        "waiting": list(unbilled_of(merchant)),
        "agreement": standing_agreement(merchant),
        "may_change": request.acting.role in BOOKKEEPERS,
    }
    return render(request, "portal/settlement/documents.html", facts)


def _month(text: str) -> dt.date | None:
    """Read a month as a browser sends it ("2026-10"); None for anything else."""
    try:
        return dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def document_file(request: MerchantRequest, pk: int, kind: str) -> HttpResponse:
    """Download a document in one of its formats."""
    row = Document.objects.for_merchant(request.acting.merchant, via=Document.PARTIES).filter(pk=pk).first()
    if row is None or kind not in TYPES:
        raise NotFound("There is no such document.")
    with as_network():
        file = StoredFile.everyone.filter(document=row, kind=kind).first()
    if file is None:
        raise NotFound("There is no such document.")
    return download(bytes(file.content), f"{row.number}.{TYPES[kind][1]}", TYPES[kind][0])


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def explain(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Explain every amount of one sale, down to the order and the rate card."""
    order, told = explain_sale(number, request.acting.merchant)
    facts = {
        "section": "statements",
        "order": order,
        "told": told,
        "disputes": disputes_of(order),
        "evidence": (pieces := evidence_of(order.pk)),
        "proven": is_proven(pieces),
        "may_change": request.acting.role in BOOKKEEPERS,
        "papers": Evidence.HANDED_IN,
        "paper_form": PaperForm(),
        "ships": order.shipper.merchant_id == request.acting.merchant.pk,
    }
    return render(request, "portal/settlement/explain.html", facts)


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def disputes(request: MerchantRequest) -> HttpResponseBase:
    """List the merchant's disputes, the newest first."""
    mine = Dispute.objects.for_merchant(request.acting.merchant, via=Dispute.PARTIES)
    state = request.GET.get("state", "")
    rows = mine.filter(status="open") if state == "open" else mine.exclude(status="open") if state == "ended" else mine
    rows = rows.select_related("internal_order__order", "opened_by")
    page = page_after(rows, request.GET.get("after"), of=mine, newest_first=True)
    facts = {"section": "disputes", "page": page, "state": state, "open": mine.filter(status="open").count()}
    return render(request, "portal/settlement/disputes.html", facts)


@merchant_page(see=BOOKKEEPERS, change=BOOKKEEPERS)
def new_dispute(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Open a dispute about a sale."""
    merchant = request.acting.merchant
    with as_network():
        order = InternalOrder.everyone.filter(number=number).select_related("order__shop", "shipper").first()
    if order is None or merchant.pk not in (order.order.shop.merchant_id, order.shipper.merchant_id):
        raise NotFound("There is no such order.")
    form = DisputeForm(request.POST or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            row = disputing.open_dispute(
                order,
                merchant=merchant,
                reason=form.cleaned_data["reason"],
                amount=form.minor(order.currency),
                text=form.cleaned_data["text"],
                by=request.acting.by,
            )
            return redirect("portal:dispute", number=row.number)
        except SkuuError as error:
            refused = error.message
    status = 422 if request.method == "POST" else 200
    facts = {"section": "disputes", "order": order, "form": form, "refused": refused}
    return render(request, "portal/settlement/new_dispute.html", facts, status=status)


@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def dispute(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Show a dispute with what both sides say; take a message."""
    row = _dispute(request.acting, number)
    form = MessageForm(request.POST or None, request.FILES or None)
    refused = None
    if request.method == "POST" and form.is_valid():
        try:
            disputing.say(
                row,
                merchant=request.acting.merchant,
                text=form.cleaned_data["text"],
                by=request.acting.by,
                evidence=form.evidence(),
            )
            return redirect("portal:dispute", number=row.number)
        except SkuuError as error:
            refused = error.message
    with as_network():
        said = list(DisputeMessage.everyone.filter(dispute=row).select_related("author").defer("file").order_by("pk"))
    facts: dict[str, Any] = {
        "section": "disputes",
        "dispute": row,
        "said": said,
        "form": form,
        "refused": refused,
        "may_change": request.acting.role in BOOKKEEPERS,
        "may_withdraw": row.status == "open" and row.opened_by_id == request.acting.merchant.pk,
    }
    return render(request, "portal/settlement/dispute.html", facts, status=422 if refused else 200)


@require_POST
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def withdraw_dispute(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Take back a dispute that the merchant opened."""
    row = _dispute(request.acting, number)
    disputing.withdraw_dispute(row, merchant=request.acting.merchant, by=request.acting.by)
    return redirect("portal:dispute", number=row.number)


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def evidence(request: MerchantRequest, number: str, pk: int) -> HttpResponse:
    """Download a file from a dispute; always as a download, never shown inside our pages."""
    row = _dispute(request.acting, number)
    with as_network():
        said = DisputeMessage.everyone.filter(dispute=row, pk=pk).exclude(file=None).first()
    if said is None or said.file is None:
        raise NotFound("There is no such file.")
    return download(bytes(said.file), said.file_name, said.file_type)


@merchant_page(see=OWNERS, change=OWNERS)
def bank(request: MerchantRequest) -> HttpResponseBase:
    """Show where the merchant is paid; take new details from who showed a second factor just now."""
    merchant = request.acting.merchant
    accounts = list(BankAccount.objects.for_merchant(merchant).filter(replaced_at=None).order_by("-usable_from"))
    fresh = second_factor_is_fresh(request)
    form = BankForm(request.POST or None)
    refused = None
    if request.method == "POST" and not fresh:
        refused = _("Show your second factor first, then send the form again.")
    elif request.method == "POST" and form.is_valid():
        try:
            row = add_bank_account(merchant, by=request.acting.by, **form.cleaned_data)
            when = timezone.localtime(row.usable_from).strftime("%d.%m.%Y %H:%M")
            messages.success(request, _("Noted. This account is used from %(when)s.") % {"when": when})
            return redirect("portal:bank")
        except SkuuError as error:
            refused = error.message
    facts = {
        "section": "bank",
        "accounts": accounts,
        "now": timezone.now(),
        "fresh": fresh,
        "mandates": list(Mandate.objects.for_merchant(merchant).select_related("account").order_by("-pk")[:10]),
        "may_debit": bool(settings.NETWORK_CREDITOR_ID),
        "may_enter": may_enter_mandate(merchant),
        "form": form,
        "refused": refused,
        "hours": settings.BANK_DETAILS_WAIT_HOURS,
    }
    return render(request, "portal/settlement/bank.html", facts, status=422 if request.method == "POST" else 200)


def second_factor_is_fresh(request: Any) -> bool:
    """Say whether a second factor was shown within the last minutes; where staff need none, a demo, nobody does."""
    if not settings.STAFF_SECOND_FACTOR:
        return True
    oldest = timezone.now().timestamp() - FRESH.total_seconds()
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" and record.get("at", 0) >= oldest for record in records)


def _payment(acting: Acting, number: str) -> Payment:
    mine = Payment.objects.for_merchant(acting.merchant, via=Payment.PARTIES)
    row: Payment | None = mine.filter(number=number).first()
    if row is None:
        raise NotFound("There is no such payment.")
    return row


def _dispute(acting: Acting, number: str) -> Dispute:
    mine = Dispute.objects.for_merchant(acting.merchant, via=Dispute.PARTIES)
    row: Dispute | None = mine.filter(number=number).select_related("internal_order__order", "opened_by").first()
    if row is None:
        raise NotFound("There is no such dispute.")
    return row


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "-_.") else "-" for sign in name)
    answer["Content-Disposition"] = f'attachment; filename="{safe}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
