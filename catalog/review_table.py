"""The table of aligned sizes on a card, written straight as HTML: it is most of a card, and a template takes ten times as long."""

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.sight import Cell, Option, Row

LONGEST_BARCODE = 18


def size_table(option: Option, *, linked: bool = False) -> SafeString:
    """Write an option's aligned sizes, a row each: size, barcode, price and stock of both sides; ``linked``: they stand so now."""
    if linked:
        caption = ngettext("%d size is linked", "%d sizes are linked", len(option.rows)) % len(option.rows)
    elif option.linkable:
        caption = ngettext("%d size would be linked", "%d sizes would be linked", option.linkable) % option.linkable
    else:
        caption = _("No size can be linked to this candidate")
    heads = "".join(
        f'<th scope="col"{mark}>{escape(word)}</th>'
        for word, mark in (
            (_("Size"), ""), (_("Barcode"), ""), (_("Price"), ' class="number"'), (_("Stock"), ' class="number"')
        )
    )  # fmt: skip
    middle = f'<th scope="col" class="mark"><span class="review-hidden">{escape(_("Compared"))}</span></th>'
    words = _Words()
    rows = "".join(words.row(row) for row in option.rows)
    return mark_safe(  # noqa: S308 - every word in it is escaped where it is put in
        f'<table class="sizes"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{heads}{middle}{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


class _Words:
    """The words that recur in every row, translated and escaped once."""

    def __init__(self) -> None:
        self.deleted = escape(_("deleted"))
        self.stays = escape(_("this size stays as it is."))
        self.signs: dict[str, tuple[str, str]] = {
            "same": ("=", escape(_("same barcode"))),
            "differ": ("≠", escape(_("different barcodes"))),
            "": ("·", escape(_("same size"))),
        }

    def row(self, row: Row) -> str:
        """Write one pair of sizes, and why it cannot be linked where it cannot."""
        kind = "is-taken" if row.taken else f"codes-{row.barcodes}" if row.barcodes else ""
        sign, words = ("!", str(escape(row.taken))) if row.taken else self.signs[row.barcodes]
        mark = f'<td class="mark" title="{words}">{sign}<span class="review-hidden"> {words}</span></td>'
        note = ""
        if row.taken:
            note = f'<tr class="taken-note"><td colspan="9">{escape(row.taken)}; {self.stays}</td></tr>'
        return f'<tr class="{kind}">{self.cell(row.mine)}{mark}{self.cell(row.theirs)}</tr>{note}'

    def cell(self, cell: Cell) -> str:
        """Write one side's four columns."""
        barcode, whole = cell.barcode or "–", ""
        if len(barcode) > LONGEST_BARCODE:
            barcode, whole = barcode[: LONGEST_BARCODE - 1] + "…", f' title="{escape(cell.barcode)}"'
        gone = f" <em>{self.deleted}</em>" if cell.gone else ""
        fault = f" <em>{escape(cell.barcode_fault)}</em>" if cell.barcode_fault else ""
        out = " is-out" if cell.stock <= 0 else ""
        return (
            f'<td class="size">{escape(cell.label)}{gone}</td><td class="barcode"{whole}>{escape(barcode)}{fault}</td>'
            f'<td class="number">{escape(cell.price)}</td><td class="number{out}">{cell.stock}</td>'
        )
