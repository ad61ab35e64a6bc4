"""Mail for a customer goes through an alias, both ways, and neither side learns the other's address."""

import datetime as dt
import io
import socketserver
import threading

import pytest
from cryptography.fernet import Fernet
from django.core import mail
from django.core.management import call_command
from django.utils import timezone

from network.models import Merchant
from orders.models import AliasPeer, InternalOrder, MailAlias
from orders.redact import redact_shop
from orders.relay import AliasGone, Unrelayable, alias_of, relay_mail

CUSTOMER, CARRIER = "marie@example.com", "bezorging@carrier.example"


def letter(sender, subject="Uw pakket", text="Morgen tussen 9 en 12.", **headers):
    lines = [
        f"From: {sender}",
        "To: whoever@relay.localhost",
        f"Subject: {subject}",
        "Date: Sun, 22 Nov 2026 10:00:00 +0000",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "Content-Type: text/plain; charset=utf-8", "", text, ""]).encode()


@pytest.fixture
def placed(market):
    market.buy(market.bruno, ("42", 1))
    market.settle()
    return InternalOrder.everyone.select_related("order__shop", "shipper").get()


def test_a_carriers_mail_reaches_the_customer_and_the_answer_the_carrier(market, placed, settings):
    alias = alias_of(placed)
    assert alias == alias_of(placed)
    assert alias.endswith(f"@{settings.RELAY_DOMAIN}")
    raw = letter(f"De Bezorger <{CARRIER}>", Cc="boss@carrier.example", Received="from inside", X_Mailer="secret 1.0")
    assert relay_mail(raw, alias) == "to the customer"
    (out,) = mail.outbox
    text = out.message().as_string()
    assert out.to == [CUSTOMER]
    assert ("De Bezorger" in text, "Morgen tussen 9 en 12." in text, "Uw pakket" in text) == (True, True, True)
    assert not [
        word for word in (CARRIER, "boss@", "from inside", "secret 1.0", placed.order.shop.name) if word in text
    ]
    back = AliasPeer.everyone.get()
    answer = letter(f"Marie Peeters <{CUSTOMER}>", text=f"Dank u!\nOp 22 nov schreef {CUSTOMER}: ja")
    assert relay_mail(answer, f"{back.token}@{settings.RELAY_DOMAIN}") == "back"
    told = mail.outbox[1].message().as_string()
    assert mail.outbox[1].to == [CARRIER]
    assert (alias in told, CUSTOMER in told, "Peeters" in told.split("\n\n")[0]) == (True, False, False)
    assert MailAlias.everyone.get().relayed == 2


def test_the_same_correspondent_keeps_one_address_and_nobodys_is_readable_in_the_database(market, placed):
    from skuu.proof.privacy import search_database

    for _ in range(2):
        relay_mail(letter(CARRIER), alias_of(placed))
    assert AliasPeer.everyone.count() == 1
    assert [(hit.where, hit.sealed) for hit in search_database([CARRIER, CUSTOMER])] == [
        ("orders.AliasPeer.address", True)
    ]


def test_an_odd_answer_goes_back_without_either_address_of_hers(market, placed):
    """A charset nobody knows, the address in the subject, and written from another mailbox than the one she ordered with."""
    relay_mail(letter(CARRIER), alias_of(placed))
    private, back = "m.p@private.example", f"{AliasPeer.everyone.get().token}@relay.localhost"
    raw = letter(f"Marie <{private}>", subject=f"Re: from {CUSTOMER}", text=f"{CUSTOMER} {private.upper()}")
    assert relay_mail(raw.replace(b"utf-8", b"klingon-8"), back) == "back"
    told = mail.outbox[1].message()
    assert told["Subject"] == f"Re: from {alias_of(placed)}"
    assert told.mail.get_content() == f"{alias_of(placed)} {alias_of(placed)}\n"
    assert not [word for word in (CUSTOMER, private, "Marie") if word.lower() in told.as_string().lower()]


def test_a_mail_that_cannot_be_read_is_refused_and_nothing_is_sent(market, placed):
    nested = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(40))
    for raw in (f"From: {CARRIER}\r\n{nested}".encode(), b"From: nobody\r\n\r\nx", letter(CARRIER, Return_Path="<>")):
        with pytest.raises(Unrelayable):
            relay_mail(raw, alias_of(placed))
    for address in ("c-\udcff@relay.localhost", "r-\0@relay.localhost", ""):
        with pytest.raises(AliasGone):
            relay_mail(letter(CARRIER), address)
    assert (mail.outbox, MailAlias.everyone.filter(relayed__gt=0).count()) == ([], 0)


def test_where_the_store_tells_no_address_the_selling_shop_gets_the_mail(market, placed):
    relay_mail(letter(CARRIER), alias_of(placed), directory=lambda row: "")
    assert mail.outbox[0].to == [Merchant.everyone.get(pk=market.bruno.merchant_id).email]


def test_an_alias_ends_with_the_parcels_time_with_redaction_and_is_not_guessed(market, placed):
    alias = alias_of(placed)
    InternalOrder.everyone.update(delivered_at=timezone.now() - dt.timedelta(days=31), status="delivered")
    placed.refresh_from_db()
    assert alias_of(placed) == ""
    for address in (alias, "c-0000000000000000@relay.localhost", "postmaster@relay.localhost"):
        with pytest.raises(AliasGone):
            relay_mail(letter(CARRIER), address)
    InternalOrder.everyone.update(delivered_at=None, status="shipped")
    relay_mail(letter(CARRIER), alias)
    redact_shop(market.bruno)
    with pytest.raises(AliasGone):
        relay_mail(letter(CARRIER), alias)
    assert (len(mail.outbox), AliasPeer.everyone.count()) == (1, 0)


def test_an_alias_outlives_every_key_it_was_made_under(market, placed, settings):
    """Given out before anybody wrote: the ring knows it, rotating writes it down, and then no old key is needed."""
    given, old = alias_of(placed), settings.SKUU_KEYRING[0]
    settings.SECRET_KEY, new = "x" * 60, Fernet.generate_key().decode()
    settings.SKUU_KEYRING = [new, old]
    assert alias_of(placed) != given
    relay_mail(letter("first@carrier.example"), given)
    MailAlias.everyone.all().delete()
    call_command("rotate_keys", stdout=io.StringIO())
    settings.SKUU_KEYRING = [new]
    assert alias_of(placed) == given
    relay_mail(letter(CARRIER), given)
    (peer,) = AliasPeer.everyone.all()
    settings.SKUU_KEYRING = [Fernet.generate_key().decode(), new]
    call_command("rotate_keys", stdout=io.StringIO())
    relay_mail(letter(CARRIER), given)
    assert (alias_of(placed), list(AliasPeer.everyone.values_list("token", flat=True))) == (given, [peer.token])
    with pytest.raises(AliasGone):
        relay_mail(letter(CARRIER), given.replace("@", "0@"))


def test_how_long_an_alias_lives_is_the_networks_own_setting(market, placed, settings):
    InternalOrder.everyone.update(delivered_at=timezone.now() - dt.timedelta(days=20), status="delivered")
    placed.refresh_from_db()
    assert alias_of(placed) != ""
    settings.PRIVACY_ALIAS_DAYS = 14
    assert alias_of(placed) == ""


def test_circles_robots_and_giants_are_not_relayed(market, placed):
    alias = alias_of(placed)
    for raw in (
        letter(CARRIER, X_SKUU_Relayed="1"),
        letter(CARRIER, Auto_Submitted="auto-replied"),
        b"Subject: nobody\r\n\r\n",
        letter(CARRIER, text="x" * (10 * 1024 * 1024)),
    ):
        with pytest.raises(Unrelayable):
            relay_mail(raw, alias)
    assert mail.outbox == []


class _Sink(socketserver.StreamRequestHandler):
    """A mail server that takes one mail after another and keeps them."""

    def handle(self):
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go\r\n")
                kept = []
                while (part := self.rfile.readline()) != b".\r\n":
                    kept.append(part)
                self.server.kept.append(b"".join(kept))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


def test_a_mail_server_of_flesh_and_blood_gets_a_whole_mail_and_the_command_is_its_door(
    market, placed, settings, monkeypatch
):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Sink)
    server.kept, server.daemon_threads = [], True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False

    def given(raw):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))

    given(letter(CARRIER, text="Grüße, morgen."))
    call_command("relay_mail", alias_of(placed), stdout=io.StringIO())
    server.shutdown()
    server.server_close()
    (mail_there,) = server.kept
    assert b"\r\nTo: marie@example.com\r\n" in mail_there
    assert b"carrier.example" not in mail_there
    given(letter(CARRIER))
    with pytest.raises(SystemExit) as ended:
        call_command("relay_mail", "c-nobody@relay.localhost", stderr=io.StringIO())
    assert ended.value.code == 67
