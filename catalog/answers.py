"""What a yes and a no do to each kind of card."""

from typing import Any, Protocol

from catalog import gates, reports, second_look
from catalog.card_steps import decide, keep_seen, reopen
from catalog.mark import mark_items
from catalog.match import rematch_variants
from catalog.models import Match, ReviewCard
from catalog.verdict_links import link_pairs, refuse_pairs, release_lonely
from catalog.verdicts import unsay_card
from skuu.kit.errors import NotPossible
from skuu.kit.states import move

Words = dict[str, Any]


class Answers(Protocol):
    """The three things a person can do to a card of one kind. The caller holds the matcher's lock and the card."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int: ...

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None: ...

    def undo(self, card: ReviewCard, *, by: str) -> None: ...


def answering_of(card: ReviewCard) -> Answers:
    """Name what answers a card's kind of question."""
    return _ANSWERS[card.kind]


class QuestionAnswers:
    """The machine is unsure: yes links the aligned sizes, no keeps the pairs apart for ever."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int:
        pairs = [(row["mine"], row["theirs"]) for row in chosen["sizes"] if row["theirs"]]
        linked = link_pairs(pairs, by=by, seen={"card": card.pk, "candidate": candidate})
        if not linked:
            raise NotPossible(
                "None of its sizes can be linked: each shop may stand in an item once.", code="nothing_to_link"
            )
        decide(card, "approved", by=by, chosen=chosen["product"], words=words)
        second_look.maybe_draw(card)
        return linked

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None:
        pairs = {(row["mine"], row["theirs"]): None for one in card.candidates for row in one["sizes"] if row["theirs"]}
        refuse_pairs(list(pairs), by=by, seen={"card": card.pk})
        decide(card, "rejected", by=by, chosen=None, words=words)
        second_look.maybe_draw(card)

    def undo(self, card: ReviewCard, *, by: str) -> None:
        """Let its verdicts fall and withdraw the links that only they made."""
        pairs = unsay_card(card)
        variants = {variant for variant, _ in pairs}
        touched = set()
        for match in Match.everyone.filter(variant__in=variants, status="linked", method="person"):
            if (match.variant_id, match.item_id) in pairs:
                move(match, "withdrawn", by=by, reason="the decision was undone")
                touched.add(match.item_id)
        lonely = release_lonely(touched, by=by)
        mates = Match.everyone.filter(item__in=touched, status="linked").values_list("variant_id", flat=True)
        rematch_variants(variants | lonely | set(mates))
        reopen(card, by=by)
        mark_items(touched)


class AuditAnswers:
    """The machine was sure, and chance asks a person whether it was right."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int:
        gates.answer_audit(card, same=True, by=by)
        keep_seen(card, words)
        return len(chosen["sizes"])

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None:
        gates.answer_audit(card, same=False, by=by)
        keep_seen(card, words)

    def undo(self, card: ReviewCard, *, by: str) -> None:
        gates.undo_audit(card, by=by)


class ReportAnswers:
    """A merchant says that the machine was wrong; its placements rest until a person has looked."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int:
        reports.answer_report(card, same=True, by=by)
        keep_seen(card, words)
        return len(chosen["sizes"])

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None:
        reports.answer_report(card, same=False, by=by)
        keep_seen(card, words)

    def undo(self, card: ReviewCard, *, by: str) -> None:
        reports.undo_report(card, by=by)


class DoubleAnswers:
    """A decided question shown again: what is said is compared, and changes nothing by itself."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int:
        second_look.say_second(card, "approved", chosen["product"], by=by, words=words)
        return len([row for row in chosen["sizes"] if row["theirs"]])

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None:
        second_look.say_second(card, "rejected", None, by=by, words=words)

    def undo(self, card: ReviewCard, *, by: str) -> None:
        second_look.unsay_second(card, by=by)


class DisputeAnswers:
    """Two people differ: what the third says stands, and replaces the first decision where that was another."""

    def approve(self, card: ReviewCard, candidate: int, chosen: dict[str, Any], *, by: str, words: Words) -> int:
        first = second_look.settle(card, by=by)
        decide(card, "approved", by=by, chosen=chosen["product"], words=words)
        if (first.status, first.chosen_product) != ("approved", chosen["product"]):
            _QUESTION.undo(first, by=by)
            place = next(n for n, one in enumerate(first.candidates) if one["product"] == chosen["product"])
            _QUESTION.approve(first, place, first.candidates[place], by=by, words=words)
        return len([row for row in chosen["sizes"] if row["theirs"]])

    def reject(self, card: ReviewCard, *, by: str, words: Words) -> None:
        first = second_look.settle(card, by=by)
        decide(card, "rejected", by=by, chosen=None, words=words)
        if first.status != "rejected":
            _QUESTION.undo(first, by=by)
            _QUESTION.reject(first, by=by, words=words)

    def undo(self, card: ReviewCard, *, by: str) -> None:
        raise NotPossible("A settled dispute stands; undo the card it was about.", code="dispute_is_settled")


_QUESTION = QuestionAnswers()
_ANSWERS: dict[str, Answers] = {
    "question": _QUESTION,
    "audit": AuditAnswers(),
    "report": ReportAnswers(),
    "double": DoubleAnswers(),
    "dispute": DisputeAnswers(),
}
