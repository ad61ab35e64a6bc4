"""The merchant's pages about money: its statements, as pages and as files."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from network.acting import BOOKKEEPERS, SEES_MONEY, Acting, MerchantRequest, merchant_page
from network.paging import page_after
from network.scoping import as_network
from settlement.agree import UnknownCycle, agree_cycle, carried_since, cycle_of, next_statement_on
from settlement.documents.statement import statement_csv, statement_rows
from settlement.documents.statement_files import next_after, stored_statement
from settlement.models import AgreedCycle, Statement
from settlement.states import states_of
from skuu.kit.errors import NotFound

LINES = 100
TYPES = {"pdf": "application/pdf", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def statements(request: MerchantRequest) -> HttpResponseBase:
    """List the merchant's statements, the newest first."""
    mine = Statement.objects.for_merchant(request.acting.merchant).exclude(digest="")
    page = page_after(mine.select_related("cycle"), request.GET.get("after"), of=mine, newest_first=True)
    merchant = request.acting.merchant
    facts = {
        "section": "statements",
        "page": page,
        "kind": cycle_of(merchant.pk),
        "kinds": AgreedCycle.KINDS.items(),
        "next_on": next_statement_on(merchant.pk),
        "carried": carried_since(merchant.pk),
        "may_change": request.acting.role in BOOKKEEPERS,
    }
    return render(request, "portal/settlement/statements.html", facts)


@require_POST
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def agree(request: MerchantRequest) -> HttpResponseBase:
    """Take the merchant's word how often it is settled."""
    try:
        row = agree_cycle(request.acting.merchant, request.POST.get("kind", ""), by=request.acting.by)
        messages.success(
            request, _("From the next closing on you are settled %(how)s.") % {"how": row.get_kind_display().lower()}
        )
    except UnknownCycle as error:
        messages.error(request, error.message)
    return redirect("portal:statements")


@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def statement(request: MerchantRequest, number: str) -> HttpResponseBase:
    """Show one statement: opening, every line, closing; a hundred lines a page."""
    row = _statement_of(request.acting, number)
    after = request.GET.get("after", "")
    start = int(after) if after.isdecimal() and len(after) < 10 else 0
    rows = list(statement_rows(row, after=start, limit=LINES + 1))
    page: dict[str, Any] = {"is_first": start == 0, "next_after": rows[LINES - 1].line if len(rows) > LINES else None}
    states = states_of(request.acting.merchant.pk, {one.entry for one in rows[:LINES]})
    shown = [(one, states.get(one.entry, ""), dt.date.fromisoformat(one.effective_on)) for one in rows[:LINES]]
    facts = {"section": "statements", "statement": row, "rows": shown, "page": page, "next_on": next_after(row)}
    return render(request, "portal/settlement/statement.html", facts)


@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def statement_file(request: MerchantRequest, number: str) -> HttpResponse:
    """Download a statement as CSV, with the mark that lets a spreadsheet read its accents."""
    row = _statement_of(request.acting, number)
    with as_network():
        content = statement_csv(row, bom="excel" in request.GET)
    answer = HttpResponse(content, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{row.number}.csv"'
    return answer


@require_GET
@merchant_page(see=SEES_MONEY, change=BOOKKEEPERS)
def statement_stored(request: MerchantRequest, number: str, kind: str) -> HttpResponse:
    """Download a statement's PDF or XLSX, the same bytes every time."""
    if kind not in TYPES:
        raise NotFound("There is no such file.")
    row = _statement_of(request.acting, number)
    file = stored_statement(row, kind)
    answer = HttpResponse(bytes(file.content), content_type=TYPES[kind])
    answer["Content-Disposition"] = f'attachment; filename="{row.number}.{kind}"'
    return answer


def _statement_of(acting: Acting, number: str) -> Statement:
    mine = Statement.objects.for_merchant(acting.merchant).exclude(digest="").select_related("cycle")
    row = mine.filter(number=number).first()
    if row is None:
        raise NotFound("There is no such statement.")
    return row
