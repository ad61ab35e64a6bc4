"""The same bookings read from another file move nothing again; what only looks alike is another booking."""

import pytest
import time_machine

from settlement.bank_reading import read_bank_statement
from settlement.models import BankLine, Entry, Line, Payment
from settlement.reconcile import read_bank_file
from settlement.tests.books import FRIDAY, NETWORK, camt, clean, payable, payable_sale, under_way
from settlement.tests.cast import make_merchant, make_shop

ACCOUNT = f"</Id><Acct><Id><IBAN>{NETWORK}</IBAN></Id></Acct>".encode()


@pytest.fixture(autouse=True)
def _clock(settings):
    settings.NETWORK_COUNTRY, settings.NETWORK_IBAN = "FR", NETWORK
    settings.NETWORK_CREDITOR_ID, settings.SETTLEMENT_MINIMUM_MINOR = "BE69ZZZ050D000000008", 100
    with time_machine.travel(FRIDAY, tick=False):
        yield


def of_account(content: bytes) -> bytes:
    return content.replace(b"</Id>", ACCOUNT, 1)


def mt940(*lines: str, account: str = NETWORK) -> bytes:
    """Write an MT940 statement of lines that were booked on the 30th, valued the day before."""
    rows = "".join(f":61:2610291030{line}\r\n:86:SKUU\r\n" for line in lines)
    return f":20:OTHER\r\n:25:{account}\r\n:60F:C261029EUR1000,00\r\n{rows}:62F:C261030EUR1097,20\r\n-\r\n".encode()


def books() -> tuple[int, int, int, int]:
    """What the network holds at the bank and in suspense, how many bookings it knows and how many entries it has."""
    kinds = {kind: sum(row.amount for row in Line.objects.filter(account__kind=kind)) for kind in ("bank", "suspense")}
    return kinds["bank"], kinds["suspense"], BankLine.everyone.count(), Entry.objects.count()


@pytest.mark.django_db
class TestReadAgain:
    @pytest.fixture
    def fee(self):
        alma, bruno = make_shop(make_merchant("Alma")), make_shop(make_merchant("Bruno"))
        payable_sale(bruno, alma)
        under_way(bruno, alma)
        self.alma = alma
        return Payment.everyone.get(kind="fee")

    @pytest.mark.parametrize("again", ["another header", "overlapping", "mt940", "mt940 with the currency behind"])
    def test_bookings_of_another_file_are_recognised(self, fee, again):
        rows = (fee.number, 2_40, "EUR"), ("RENT", 50_00, "EUR")
        first = of_account(camt(*rows))
        read_bank_file(first, merchant=None, by="ina")
        before = books()
        assert (before[:3], payable(self.alma)) == ((52_40, -50_00, 2), 109_20)
        lines = (f"C2,40NTRF{fee.number}//S1-0", "C50,00NTRFRENT//S1-1")
        second = {
            "another header": first.replace(b"<BkToCstmrStmt>", b"<BkToCstmrStmt><GrpHdr><MsgId>2</MsgId></GrpHdr>"),
            "overlapping": of_account(camt(*rows, ("NEW", 1_00, "EUR"))),
            "mt940": mt940(*lines),
            "mt940 with the currency behind": mt940(*lines, account=f"{NETWORK}EUR"),
        }[again]
        file = read_bank_file(second, merchant=None, by="ina")
        assert file.known == 2
        assert books() == ((53_40, -51_00, 3, before[3] + 1) if again == "overlapping" else before)
        fee.refresh_from_db()
        assert (fee.status, payable(self.alma)) == ("settled", 109_20)
        assert clean()

    def test_camt_after_mt940_too(self, fee):
        read_bank_file(mt940(f"C2,40NTRF{fee.number}//S1-0"), merchant=None, by="ina")
        before = books()
        assert before[:3] == (2_40, 0, 1)
        assert read_bank_file(of_account(camt((fee.number, 2_40, "EUR"))), merchant=None, by="ina").known == 1
        assert books() == before

    @pytest.mark.parametrize("split_first", [False, True])
    def test_an_entry_that_one_file_splits_and_another_does_not_is_one(self, split_first):
        whole = of_account(camt(("", 3_00, "EUR")))
        parts = "".join(f"<TxDtls><Amt Ccy='EUR'>{amount}</Amt></TxDtls>" for amount in ("1.00", "2.00")).encode()
        one = b"<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs></TxDtls>"
        first, second = whole, whole.replace(one, parts)
        if split_first:
            first, second = second, first
        read_bank_file(first, merchant=None, by="ina")
        before = books()
        assert before[:3] == (3_00, -3_00, 2 if split_first else 1)
        assert read_bank_file(second, merchant=None, by="ina").known == (1 if split_first else 2)
        assert books() == before

    @pytest.mark.parametrize(
        "other",
        [
            "C50,00NTRFRENT//S1-9",  # another reference
            "C50,01NTRFRENT//S1-0",  # another amount
            "D50,00NTRFRENT//S1-0",  # another direction
            "C50,00NTRFRENT",  # no reference at all
        ],
    )
    def test_what_differs_is_another_booking(self, other):
        read_bank_file(of_account(camt(("RENT", 50_00, "EUR"))), merchant=None, by="ina")
        assert read_bank_file(mt940(other), merchant=None, by="ina").known == 0
        assert BankLine.everyone.count() == 2

    def test_another_account_and_the_second_of_two_alike_are_other_bookings(self):
        line = "C50,00NTRFRENT//S1-0"
        read_bank_file(of_account(camt(("RENT", 50_00, "EUR"))), merchant=None, by="ina")
        assert read_bank_file(mt940(line, account="FR7630006000011234567890189"), merchant=None, by="ina").known == 0
        assert read_bank_file(mt940(line, line), merchant=None, by="ina").known == 1
        assert BankLine.everyone.count() == 3


def test_a_german_account_is_itself_by_bank_code_and_number():
    written = [
        read_bank_statement(mt940("C1,00NTRFA//B", account=account))[1][0].account
        for account in ("DE89370400440532013000", "37040044/532013000", "DE89 3704 0044 0532 0130 00")
    ]
    assert written == ["370400440532013000"] * 3


@pytest.mark.parametrize(
    ("dates", "day"), [("2701021231", "2026-12-31"), ("2612311231", "2026-12-31"), ("2612310102", "2027-01-02")]
)
def test_an_mt940_booking_has_the_day_of_its_entry_across_the_year(dates, day):
    content = mt940("C1,00NTRFA//B").replace(b"2610291030", dates.encode())
    assert read_bank_statement(content)[1][0].booked_on.isoformat() == day
