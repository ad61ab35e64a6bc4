"""A merchant at work in a real browser: every page without a violation, the stock room on a phone, the shelf's reasons."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from catalog.models import Placement, Rule, Variant
from network.models import ApiKey, Membership
from network.scoping import as_network
from orders.models import InternalOrder, Order, Return
from settlement.models import Statement
from skuu.testing.live import Watched, watch
from skuu.testing.scene import PASSWORD, PICTURES, Scene

pytestmark = pytest.mark.browser
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
SELLER, SUPPLIER = "bruno-schoenen", "alma-studio"
PAGES = ["/", "/products/", "/shelf/", "/shelf/why/?q=sneaker", "/rules/", "/to-ship/", "/to-ship/?state=closed"]
PAGES += ["/shipping/", "/look/", "/returns/rule/", "/insights/", "/partner-countries/", "/rules/versions/"]
PAGES += ["/products/vat/", "/money/evidence/"]
PAGES += ["/my-orders/", "/returns/", "/returns/?state=closed", "/statements/", "/team/", "/keys/", "/connect/"]
Enter = Callable[..., Watched]


@pytest.fixture
def enter(browser: Browser, served: tuple[str, Scene]) -> Iterator[Enter]:
    """Open the portal as somebody; afterwards nothing may have gone wrong on any page."""
    contexts, pages = [], []

    def signed_in(name: str, size: dict[str, int] = WIDE, scheme: Any = "light") -> Watched:
        context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        watched = watch(context, served[0], pictures=PICTURES)
        contexts.append(context)
        pages.append(watched)
        context.add_cookies([{"name": "sessionid", "value": session_of(served[1].users[name]), "url": served[0]}])
        watched.visit("/")
        return watched

    yield signed_in
    trouble = [line for watched in pages for line in watched.trouble]
    for context in contexts:
        context.close()
    assert trouble == []


def session_of(user: Any) -> str:
    """Begin a session as the login page would, without waiting for its slow hash each time."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def details(name: str, scene: Scene) -> list[str]:
    """Address one of each thing that this merchant has."""
    with as_network():
        merchant = scene.users[name].memberships.get().merchant
        variant = Variant.everyone.filter(shop__merchant=merchant).order_by("pk").first()
        order = Order.everyone.filter(shop__merchant=merchant).first()
        statement = Statement.everyone.filter(merchant=merchant).first()
        sent = InternalOrder.everyone.filter(shipper__merchant=merchant).order_by("pk")
        found = [f"/products/{variant.product_id}/", f"/connect/{variant.shop_id}/", f"/leave/{variant.shop_id}/"]
        found += [f"/to-ship/{row.number}/" for row in sent[:4]]
        found += [f"/my-orders/{order.pk}/", f"/my-orders/{order.pk}/return/"] if order else []
        found += [f"/statements/{statement.number}/"] if statement else []
    return found


def refused(watched: Watched) -> None:
    """Take note that the page was answered 422, which the browser's console calls an error."""
    assert len([watched.trouble.remove(line) for line in list(watched.trouble) if "422" in line]) == 1


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


def test_every_page_of_the_seller_is_free_of_serious_violations(enter: Enter, served: tuple[str, Scene]) -> None:
    watched = enter(SELLER)
    for path in [
        *PAGES,
        *details(SELLER, served[1]),
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/accounts/email/",
    ]:
        watched.visit(path)
        assert (path, watched.violations()) == (path, [])


def test_every_page_fits_a_phone_in_the_dark(enter: Enter, served: tuple[str, Scene]) -> None:
    watched = enter(SUPPLIER, PHONE, "dark")
    for path in [*PAGES, *details(SUPPLIER, served[1])]:
        page = watched.visit(path)
        assert (path, too_wide(page), watched.violations()) == (path, False, [])
    assert page.locator("html").get_attribute("data-bs-theme") == "dark"


def test_the_login_page_needs_no_mouse_and_says_what_was_wrong(browser: Browser, served: tuple[str, Scene]) -> None:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    watched = watch(context, served[0])
    page = watched.visit("/")
    assert watched.violations() == []
    page.get_by_label("User name or e-mail").focus()
    page.keyboard.type(SELLER)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert "not correct" in page.get_by_role("alert").inner_text()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(served[0] + "/")
    assert watched.trouble == []
    context.close()


def test_the_dashboard_draws_its_chart_and_counts_what_waits(enter: Enter) -> None:
    page = enter(SUPPLIER).page
    page.wait_for_load_state("networkidle")
    with as_network():
        waiting = InternalOrder.everyone.filter(shipper__domain__startswith=SUPPLIER, status="placed").count()
        waiting += InternalOrder.everyone.filter(shipper__domain__startswith=SUPPLIER, status="planned").count()
    assert waiting > 0
    expect(page.locator(".rail .count")).to_have_text(str(waiting))
    page.wait_for_function(
        "document.querySelector('canvas').getContext('2d').getImageData(0, 0, 900, 250).data.some(v => v)"
    )


def test_a_stock_room_ships_from_a_phone(enter: Enter) -> None:
    with as_network():
        row = InternalOrder.everyone.filter(shipper__domain__startswith=SUPPLIER, status="placed").first()
    watched = enter(SUPPLIER, PHONE)
    page = watched.page
    page.get_by_role("navigation", name="Quick").get_by_role("link", name="To ship").click()
    page.get_by_role("link", name=row.number).click()
    page.get_by_label("Carrier").fill("bpost")
    page.get_by_label("Tracking number").fill("323200000000000000000001")
    page.get_by_role("button", name="Mark as shipped").click()
    page.wait_for_selector(".said-success")
    with as_network():
        row.refresh_from_db()
        assert (row.status, row.parcels.get().tracking_number) == ("shipped", "323200000000000000000001")


def test_an_order_that_asks_first_hides_the_address_and_is_declined_only_after_a_second_yes(enter: Enter) -> None:
    with as_network():
        row = InternalOrder.everyone.filter(shipper__domain__startswith=SUPPLIER, asks=True, status="planned").first()
    page = enter(SUPPLIER).visit(f"/to-ship/{row.number}/")
    assert "Teststraat" not in page.content()
    page.get_by_text("Cannot ship it?").click()
    page.get_by_label("Not found on the shelf").check()
    page.get_by_role("button", name="Decline").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    with as_network():
        row.refresh_from_db()
        assert row.status == "planned"
    page.get_by_role("button", name="Decline").click()
    page.get_by_role("dialog").get_by_role("button", name="Decline").click()
    page.wait_for_selector(".said-success")
    with as_network():
        row.refresh_from_db()
        assert (row.status, row.status_reason) == ("declined", "Not found on the shelf")


def test_searching_swaps_only_the_list(enter: Enter) -> None:
    page = enter(SELLER).visit("/products/")
    before = page.locator("#results .rows > li").count()
    page.get_by_label("Search").fill("sneaker")
    page.wait_for_url("**/products/?q=sneaker**")
    page.wait_for_function("n => document.querySelectorAll('#results .rows > li').length < n", arg=before)
    assert page.evaluate("document.activeElement.id") == "filter-q"


def test_a_size_says_why_it_is_not_on_the_shelf(enter: Enter) -> None:
    with as_network():
        on_shelf = Placement.everyone.filter(wanted__gt=0).values("variant")
        mine = Variant.everyone.filter(shop__domain__startswith=SELLER).exclude(pk__in=on_shelf)
        variant = mine.select_related("product").order_by("pk").first()
    page = enter(SELLER).visit(f"/products/{variant.product_id}/")
    page.locator(f"[hx-target='#why-{variant.pk}']").click()
    page.wait_for_selector(f"#why-{variant.pk} li")
    assert page.locator(f"#why-{variant.pk} li").first.inner_text().endswith(".")


def test_a_rule_shows_its_consequence_then_stands_and_is_taken_back(enter: Enter) -> None:
    page = enter(SELLER).visit("/rules/")
    page.get_by_label("Price from").fill("1.00")
    page.get_by_label("Note").focus()
    page.wait_for_selector("#rule-fields [role=status]")
    assert "from your shelf" in page.locator("#rule-fields [role=status]").inner_text()
    page.get_by_role("button", name="Add rule").click()
    page.wait_for_selector(".said-success")
    with as_network():
        rule = Rule.everyone.get(shop__domain__startswith=SELLER, removed_at=None)
        assert (rule.effect, rule.price_from, rule.side, rule.created_by) == ("exclude", 100, "origin", SELLER)
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Put it back").click()
    page.wait_for_selector(".said-success")
    with as_network():
        rule.refresh_from_db()
        assert rule.removed_at is None


def test_a_key_is_shown_once_and_works_by_its_hash(enter: Enter) -> None:
    page = enter(SELLER).visit("/keys/")
    page.get_by_label("Name").fill("ERP")
    page.get_by_role("button", name="Make key").click()
    text = page.locator("#fresh-key").inner_text()
    page.goto(page.url)
    assert text not in page.content()
    with as_network():
        assert ApiKey.everyone.get(name="ERP").digest == ApiKey.digest_of(text)


def test_an_owner_invites_and_removes_a_colleague(enter: Enter) -> None:
    page = enter(SELLER).visit("/team/")
    page.get_by_label("E-mail").fill("lou@example.com")
    page.get_by_label("Role", exact=True).select_option("readonly")
    page.get_by_role("button", name="Invite").click()
    page.wait_for_selector(".said-success")
    page.get_by_role("button", name="Remove lou@example.com").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    page.get_by_text("lou@example.com can no longer act").wait_for()
    with as_network():
        assert not Membership.everyone.filter(user__email="lou@example.com").exists()


def test_a_return_goes_from_the_selling_shop_to_the_partners_inspection(
    enter: Enter, served: tuple[str, Scene]
) -> None:
    with as_network():
        sent = InternalOrder.everyone.filter(
            order__shop__domain__startswith=SELLER, shipper__domain__startswith=SUPPLIER, status="shipped"
        ).order_by("pk")[0]
    seller = enter(SELLER)
    page = seller.visit(f"/my-orders/{sent.order_id}/")
    page.get_by_role("link", name="Announce a return").click()
    page.get_by_role("button", name="Announce").click()
    page.get_by_text("Say how many units come back.").wait_for()
    refused(seller)
    page.locator("input[name^=units_]").first.fill("1")
    page.get_by_label("Why").select_option("too_small")
    page.get_by_label("For the partner").fill("Worn in the hall only.")
    assert seller.violations() == []
    page.get_by_role("button", name="Announce").click()
    page.wait_for_url("**/returns/R-*/")
    number = page.locator("h1").inner_text()
    assert "c/o" in page.locator("address").inner_text()
    assert seller.violations() == []

    supplier = enter(SUPPLIER, PHONE)
    stock = supplier.visit("/returns/")
    stock.get_by_role("link", name=number).click()
    stock.get_by_role("button", name="It has arrived").click()
    stock.get_by_text("Say in which state when you have looked.").wait_for()
    assert (too_wide(stock), supplier.violations()) == (False, [])
    stock.get_by_label("As new").fill("0")
    stock.get_by_role("button", name="Close the return").click()
    stock.get_by_text("0 units are counted, 1 were announced").wait_for()
    refused(supplier)
    stock.get_by_label("As new").fill("1")
    stock.get_by_label("Note for the selling shop").fill("Like new.")
    stock.get_by_role("button", name="Close the return").click()
    stock.get_by_text("both shops’ statements follow").wait_for()
    assert supplier.violations() == []
    page = seller.visit(f"/returns/{number}/")
    page.get_by_text("Like new.").first.wait_for()
    with as_network():
        closed = Return.everyone.get(number=number)
    assert (closed.status, closed.lines.get().as_new) == ("closed", 1)
