"""Mail for a customer whose address nobody may know: an alias per internal order, relayed both ways until its time is over.

The alias is seen in portal and API only. The customer's own address is asked from the selling shop's store for each mail
and kept nowhere; where the store does not give it, the selling shop's people get the mail and pass it on. Whoever wrote
gets an alias too, so that an answer leaves under the customer's.
"""

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable
from email.message import EmailMessage, Message
from email.utils import formatdate, make_msgid

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db.models import F, Q
from django.utils import timezone

from network.connectors.base import ConnectorError, connector_for
from orders.models import AliasPeer, InternalOrder, MailAlias
from orders.relaying.hide import Hider
from orders.relaying.rewrite import Cover, OddMail, header_of, name_of, read_mail, rewrite_mail, writers_of
from skuu.kit.errors import NotFound, NotPossible

log = structlog.get_logger(__name__)

LARGEST = 10 * 1024 * 1024
BATCH = 1000
HOPS = "X-SKUU-Relayed"
GIVEN = ("placed", "accepted", "shipped", "delivered")
Directory = Callable[[InternalOrder], str]


class AliasGone(NotFound):
    """No parcel needs this address any more, or none ever did."""

    code = "alias_gone"


class Unrelayable(NotPossible):
    """This mail is not passed on: too large, unreadable, going round in circles, or without a sender."""

    code = "unrelayable"


def alias_of(internal_order: InternalOrder) -> str:
    """Name the address that stands for the customer of an internal order; empty before it is placed and once its time is over.

    The address follows from the order's number and the newest key of the ring: nothing is stored until a mail comes, or the
    key changes.
    """
    if not _lives(internal_order):
        return ""
    kept = MailAlias.everyone.filter(internal_order=internal_order).values_list("token", flat=True).first()
    return f"{kept or _token(internal_order.number, settings.SKUU_KEYRING[0])}@{settings.RELAY_DOMAIN}"


def keep_aliases() -> int:
    """Write down the addresses that were given out under the key before the newest, so that they outlive it; returns how many.

    *Again*: those that are written stand.
    """
    if len(settings.SKUU_KEYRING) < 2:
        return 0
    rows = InternalOrder.everyone.filter(status__in=GIVEN, alias=None, order__address_erased_at=None)
    rows = rows.filter(Q(delivered_at__gte=timezone.now() - _kept()) | Q(created_at__gte=timezone.now() - _longest()))
    done, last = 0, 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").values_list("pk", "number")[:BATCH]):
        made = [MailAlias(internal_order_id=pk, token=_token(number, settings.SKUU_KEYRING[1])) for pk, number in batch]
        MailAlias.everyone.bulk_create(made, ignore_conflicts=True)
        done, last = done + len(made), batch[-1][0]
    return done


def _token(number: str, key: str) -> str:
    return f"c-{number.lower()}-{_seal(key, f'alias:{number}')[:20]}"


def _seal(key: str, text: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _keys() -> list[str]:
    """List the keys that may have sealed what was given out: the ring's, and ours of before the ring did that."""
    return [*settings.SKUU_KEYRING, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _kept() -> dt.timedelta:
    return dt.timedelta(days=settings.PRIVACY_ALIAS_DAYS)


def _longest() -> dt.timedelta:
    return dt.timedelta(days=settings.PRIVACY_ALIAS_LONGEST_DAYS)


def _lives(internal_order: InternalOrder) -> bool:
    """Say whether a parcel still needs the customer to be reached; an erased address ends that too."""
    wanted = internal_order.status in GIVEN and bool(internal_order.order.destination)
    return wanted and timezone.now() <= alias_until(internal_order)


def relay_mail(raw: bytes, recipient: str, *, directory: Directory | None = None) -> str:
    """Pass a mail on that came for an alias or for somebody who wrote to one; says which way: to the customer, or back.

    Headers are rewritten, both addresses stay unknown to the other side. No transaction is open while it is sent.
    *Again*: it is sent again, as mail is. *Raises* AliasGone, Unrelayable; OSError when the mail server refuses.
    """
    if len(raw) > LARGEST:
        raise Unrelayable("This mail is larger than 10 MB.")
    try:
        way = _pass_on(read_mail(raw), recipient.partition("@")[0].lower(), directory or ask_store)
    except OddMail:
        raise Unrelayable("This mail cannot be read, or would tell an address that stays unknown.") from None
    return way


def _pass_on(message: "Message[str, str]", token: str, directory: Directory) -> str:
    writers = writers_of(message)
    if not writers or _is_automatic(message):
        raise Unrelayable("This mail has no sender, was relayed before or was written by a machine that answers.")
    alias = _called(token) if token.isascii() and token.isprintable() else None
    if alias:
        peer = _peer(alias, writers[0])
        cover = Cover(name_of(message), peer, _customer(alias, directory), Hider(writers, peer))
        _send(message, cover)
        way = "to the customer"
    else:
        peers = AliasPeer.everyone.select_related("alias")
        answered = peers.filter(token=token.encode("ascii", "replace").decode().replace("\0", "?")).first()
        alias = _called(answered.alias.token) if answered else None
        if answered is None or alias is None:
            raise AliasGone("This address is not in use any more.")
        address = f"{alias.token}@{settings.RELAY_DOMAIN}"
        hider = Hider([*writers, _customer(alias, directory)], address)
        _send(message, Cover("", address, str(answered.address), hider))
        way = "back"
    MailAlias.everyone.filter(pk=alias.pk).update(relayed=F("relayed") + 1)
    return way


def _is_automatic(message: "Message[str, str]") -> bool:
    """Say whether a machine wrote a mail, or we passed it on before: answering it would go round in circles."""
    by_machine = header_of(message, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no")
    bounce = header_of(message, "Return-Path") == "<>" or message.get_content_type() == "multipart/report"
    return bool(header_of(message, HOPS)) or by_machine or bounce


def _customer(alias: MailAlias, directory: Directory) -> str:
    """Find who stands behind an alias: the customer, or the selling shop's people where its store does not say."""
    return directory(alias.internal_order) or alias.internal_order.order.shop.merchant.email


def ask_store(internal_order: InternalOrder) -> str:
    """Ask the selling shop's store for the customer's address of this order, now; empty when it does not say."""
    connector = connector_for(internal_order.order.shop)
    try:
        return connector.read_contact(internal_order.order.remote_id) if connector.can_push_shelf else ""
    except ConnectorError as error:
        log.warning("contact_not_read", number=internal_order.number, code=error.code)
        return ""


def alias_until(internal_order: InternalOrder) -> dt.datetime:
    """Say until when mail is relayed for an internal order's customer."""
    if internal_order.delivered_at:
        return internal_order.delivered_at + _kept()
    return internal_order.created_at + _longest()


def _called(token: str) -> MailAlias | None:
    """Find the alias of this name while it lives; the first mail for it makes its row."""
    number = token.removeprefix("c-").rpartition("-")[0].upper()
    if not token.startswith("c-") or not (_is_ours(token, number) or MailAlias.everyone.filter(token=token).exists()):
        return None
    rows = InternalOrder.everyone.select_related("order__shop__merchant")
    internal_order = rows.filter(number=number).first()
    if internal_order is None or not _lives(internal_order):
        return None
    alias, _ = MailAlias.everyone.get_or_create(internal_order=internal_order, defaults={"token": token})
    alias.internal_order = internal_order
    return None if alias.closed_at else alias


def _is_ours(token: str, number: str) -> bool:
    """Say whether one of our keys sealed this name; both are ASCII, as the caller looked."""
    return any(hmac.compare_digest(token, _token(number, key)) for key in _keys())


def _peer(alias: MailAlias, address: str) -> str:
    """Give whoever writes an address of their own, the same one each time, whichever key knew it first."""
    marks = [_seal(key, address.lower()) for key in _keys()]
    peer = AliasPeer.everyone.filter(alias=alias, fingerprint__in=marks).order_by("pk").first()
    if peer is None:
        made = {"token": f"r-{secrets.token_hex(8)}", "address": address}
        peer, _ = AliasPeer.everyone.get_or_create(alias=alias, fingerprint=marks[0], defaults=made)
    return f"{peer.token}@{settings.RELAY_DOMAIN}"


def _send(message: "Message[str, str]", cover: Cover) -> None:
    """Send a mail's content under other addresses."""
    if not cover.to:
        raise AliasGone("Nobody can be reached behind this address.")
    outgoing = _Relayed(subject="", body="", from_email=cover.from_words, to=[cover.to])
    made = rewrite_mail(message, cover)
    if "Date" not in made:
        made["Date"] = formatdate()
    made["Message-ID"] = make_msgid(domain=settings.RELAY_DOMAIN)
    made[HOPS] = "1"
    outgoing.content = made
    get_connection().send_messages([outgoing])


class _Content:
    """A finished mail in the form in which Django's mail backends ask for one."""

    def __init__(self, message: EmailMessage) -> None:
        self.mail = message

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        return self.mail.as_bytes(unixfrom, policy=self.mail.policy.clone(linesep=linesep))

    def as_string(self, unixfrom: bool = False, linesep: str = "\n") -> str:
        return self.as_bytes(unixfrom, linesep).decode("utf-8", "replace")

    def get_charset(self) -> str:
        return "utf-8"

    def __getitem__(self, name: str) -> str:
        return str(self.mail[name])


class _Relayed(EmailMultiAlternatives):
    """A mail whose content is already made; any mail backend of Django sends it."""

    content: EmailMessage

    def message(self, **_: object) -> _Content:  # type: ignore[override]
        return _Content(self.content)
