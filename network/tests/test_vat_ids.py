"""VAT numbers: digits, the register, and silence that is never taken for yes."""

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import time_machine

from catalog.market import refused_countries, vat_countries
from network.models import Membership, Notice, User, VatCheck
from network.taxing import Party, Point, vat_route
from network.vat_ids import check_due_registrations, check_registration, has_right_digits, last_checks
from settlement.tests.cast import make_merchant, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(settings):
    """Serve a register over HTTP that answers what the test puts into ``says`` and keeps what it was asked."""

    class Register(BaseHTTPRequestHandler):
        says, asked = (200, {"valid": True, "requestIdentifier": "WAPIAAAA1"}), []

        def do_POST(self):
            Register.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            status, body = Register.says
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *said):
            pass

    server = HTTPServer(("127.0.0.1", 0), Register)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.VIES_URL = f"http://127.0.0.1:{server.server_port}/check"
    settings.VAT_ID_CHECKER, settings.NETWORK_VAT_ID = "network.vies.ask_vies", "BE0403170701"
    yield Register
    server.shutdown()
    server.server_close()


@pytest.fixture
def number():
    row = make_merchant("Alma").tax_registrations.get()
    row.vat_id = "FR83404833048"
    row.save()
    return row


@pytest.mark.parametrize(
    ("vat_id", "right"),
    [
        ("FR83404833048", True),
        ("FR84404833048", False),
        ("DE136695976", True),
        ("GB980780684", True),
        ("CHE107787577", True),
        ("CHE107787578", False),
        ("", False),
    ],
)
def test_digits_tell_what_cannot_exist(vat_id, right):
    assert has_right_digits(vat_id) is right


def test_a_valid_number_is_kept_with_the_registers_reference(register, number):
    row = check_registration(number, by="ina")
    assert (row.answer, row.consultation, row.source, row.asked_by) == ("valid", "WAPIAAAA1", "vies", "ina")
    assert register.asked == [
        {
            "countryCode": "FR",
            "vatNumber": "83404833048",
            "requesterMemberStateCode": "BE",
            "requesterNumber": "0403170701",
        }
    ]
    register.says = (200, {"valid": False})
    check_registration(number, by="ina")
    assert VatCheck.everyone.count() == 2
    assert last_checks([number.pk])[number.pk].answer == "invalid"


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ((200, {"errorWrappers": [{"error": "MS_UNAVAILABLE"}]}), "MS_UNAVAILABLE"),
        ((500, {}), "500"),
        ((200, b"<html>busy</html>"), "JSONDecodeError"),
        ((200, {"valid": "yes"}), "200"),
    ],
)
def test_a_register_that_does_not_answer_leaves_the_number_unchecked(register, number, says, why):
    register.says = says
    row = check_registration(number, by="ina")
    assert (row.answer, why in row.reason) == ("not_checked", True)


def test_without_a_register_it_says_so_and_asks_nobody(number):
    row = check_registration(number, by="ina")
    assert (row.answer, row.source, row.reason) == ("not_checked", "nobody", "No register is connected.")


def test_a_number_with_wrong_digits_is_not_even_asked_about(register, number):
    number.vat_id = "FR00404833048"
    assert (check_registration(number, by="ina").source, register.asked) == ("checksum", [])


def test_numbers_from_outside_the_union_are_not_asked_of_its_register(register, number):
    number.vat_id = "GB980780684"
    assert (check_registration(number, by="ina").answer, register.asked) == ("not_checked", [])


def test_numbers_are_asked_about_anew_when_their_answer_is_old_and_silence_the_next_day(register, number, settings):
    with time_machine.travel(dt.datetime(2026, 11, 2, 4, tzinfo=dt.UTC), tick=False) as clock:
        register.says = (500, {})
        assert (check_due_registrations(), check_due_registrations()) == (1, 0)
        clock.shift(dt.timedelta(days=1))
        register.says = (200, {"valid": True})
        assert check_due_registrations() == 1
        clock.shift(dt.timedelta(days=29))
        assert check_due_registrations() == 0
        clock.shift(dt.timedelta(days=2))
        assert check_due_registrations() == 1
        settings.VAT_ID_CHECKER = "network.vat_ids.ask_nobody"
        clock.shift(dt.timedelta(days=99))
        assert check_due_registrations() == 0
    assert [row.answer for row in VatCheck.everyone.order_by("pk")] == ["not_checked", "valid", "valid"]


def test_a_merchant_is_told_of_a_number_that_is_not_valid(register, number):
    shop = make_shop(number.merchant)
    register.says = (200, {"valid": False})
    check_registration(number, by="schedule")
    notice = Notice.everyone.get(kind="vat_id_invalid")
    assert (notice.shop, notice.subject) == (shop, "The VAT number FR83404833048 is not valid")


class TestRefused:
    """A no closes routes: at once where there never was a yes, after some days where there was one."""

    DAY = dt.date(2026, 11, 2)

    @pytest.fixture(autouse=True)
    def clock(self):
        with time_machine.travel(dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC), tick=False) as clock:
            yield clock

    def held(self, number, on=DAY) -> set[str]:
        return vat_countries([number.merchant_id], on).get(number.merchant_id, set())

    def test_a_number_that_never_was_valid_counts_no_more_at_once(self, register, number):
        assert self.held(number) == {"FR"}
        register.says = (200, {"valid": False})
        check_registration(number, by="ina")
        assert (self.held(number), number.counts_until) == (set(), dt.date(2026, 11, 1))
        assert refused_countries([number.merchant_id], self.DAY) == {number.merchant_id: {"FR"}}

    def test_a_number_that_was_valid_counts_for_fourteen_days_more_and_is_asked_about_daily(
        self, register, number, clock
    ):
        check_registration(number, by="ina")
        register.says = (200, {"valid": False})
        clock.shift(dt.timedelta(days=40))
        make_shop(number.merchant)
        for _ in range(3):  # every day, until somebody mends it; said once
            assert check_due_registrations() == 1
            clock.shift(dt.timedelta(days=1))
        first_no = dt.date(2026, 12, 12)
        number.refresh_from_db()
        assert (number.refused_from, Notice.everyone.count()) == (first_no + dt.timedelta(days=14), 1)
        last = number.counts_until
        assert [self.held(number, day) for day in (last, last + dt.timedelta(days=1))] == [{"FR"}, set()]

    def test_a_yes_opens_again_and_so_does_another_number(self, register, number):
        register.says = (200, {"valid": False})
        check_registration(number, by="ina")
        register.says = (200, {"valid": True})
        check_registration(number, by="ina")
        assert (self.held(number), number.refused_from) == ({"FR"}, None)
        register.says = (200, {"valid": False})
        number.refused_from = None
        VatCheck.everyone.all().delete()
        check_registration(number, by="ina")
        assert self.held(number) == set()
        type(number).everyone.filter(pk=number.pk).update(vat_id="FR40303265045")
        assert self.held(number) == {"FR"}

    def test_the_route_is_blocked_and_says_why(self):
        seller, shipper = Party("DE", frozenset(), True, 1, frozenset({"FR"})), Party("FR", frozenset({"FR"}), False, 2)
        inside = vat_route(Point("FR"), Point("FR"), seller, shipper, self.DAY)
        across = vat_route(Point("FR"), Point("DE"), seller, shipper, self.DAY)
        assert (inside.treatment, inside.reason) == (
            "blocked",
            "The selling shop needs a VAT id of France to sell goods there; the one it gave is not valid, says its register.",
        )
        assert "the one it gave is not valid, says its register" in across.reason
        assert (
            "says its register"
            not in vat_route(Point("FR"), Point("FR"), Party("DE", frozenset(), True, 1), shipper, self.DAY).reason
        )

    def test_the_merchants_page_names_the_number_and_the_day(self, register, number, client):
        make_shop(number.merchant)
        user = User.objects.create_user("alma", password="x")
        Membership.everyone.create(user=user, merchant=number.merchant, role="owner")
        register.says = (200, {"valid": False})
        check_registration(number, by="ina")
        client.force_login(user)
        page = client.get("/partner-countries/").content.decode()
        assert "FR83404833048 is not valid" in page
        assert "2 November 2026" in page
