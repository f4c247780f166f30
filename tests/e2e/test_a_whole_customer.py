"""One customer on one page: what any department knows is there, and how far behind it is."""

import hashlib
import json
from contextlib import suppress

import pytest

from services.accounts.domain.interactions import PROMISED_MS
from tests.support.doors import PATIENCE
from tests.support.knowing_all import asked_by_command, rows_in, tables_in
from tests.support.seen import SEEN
from tests.support.waiting import eventually
from tests.support.whole import Whole, at

pytestmark = pytest.mark.timeout(900)

SOURCES = {
    "sales.order", "service_desk.case", "service_desk.survey", "marketing.send",
    "marketing.response", "telephony.call",
}  # fmt: skip
# What the requirements want on the page, and where it is.
WANTED = {
    "profile": "accounts.profile.customer",
    "communications": "accounts.interactions.items",
    "transactions": "sales.orders.last",
    "preferences": "accounts.profile.customer.preferred_channel",
    "survey answers": "service_desk.surveys.last",
    "service flow": "service_desk.cases.last",
    "telephony": "telephony.calls.items",
    "campaigns": "marketing.touches.items",
    "loyalty": "accounts.loyalty.member",
    "scores": "analytics.score.tier",
}
TABLES = [(service, table) for service, of in SEEN.items() for table in of]


@pytest.fixture(scope="module")
def whole(whole_door):
    """A customer of whom every department knows something."""
    customer = Whole(whole_door)
    customer.known()
    customer.done()
    customer.called()
    return customer


@pytest.fixture(scope="module")
def page(whole):
    """Her page, once everything that was told has been heard; each test says what is missing."""

    def told():
        found = whole.page()
        return found if all(at(found, one) for of in SEEN.values() for one in of.values()) else None

    with suppress(AssertionError):
        return eventually(told, seconds=PATIENCE, because="all of it is on the page")
    return whole.page()


@pytest.fixture(scope="module")
def touches(whole_door, whole, page):
    """Her timeline, once every department's touch stands there."""

    def there():
        items = whole_door.call("accounts.timeline", {"customer_id": whole.id})["items"]
        return items if {one["source"] for one in items} >= SOURCES else None

    return eventually(there, seconds=PATIENCE, because="touches of all departments are there")


@pytest.fixture(scope="module")
def asked(whole_door, whole, page, tmp_path_factory):
    """Two files for one request: one while telephony was down, one of the whole house."""
    request = whole_door.call(
        "accounts.receive_request", {"customer_id": whole.id, "kind": "access"}
    )
    known = {"request_id": request["id"], "version": request["version"]}
    whole_door.call("accounts.verify_request", known)
    out = tmp_path_factory.mktemp("asked") / "ada.json"
    made = {}
    whole_door.house.stop("telephony")
    for name, seconds in (("part", 2), ("all", 60)):
        done = asked_by_command(whole_door, request["id"], out, seconds=seconds)
        made[name] = done, json.loads(done.stdout), out.read_bytes()
        whole_door.house.restart("telephony")
    return request["id"], made


@pytest.mark.parametrize(("service", "table"), TABLES)
@pytest.mark.spec("X-07")
def test_what_a_department_keeps_of_her_is_on_the_page(page, whole_door, service, table):
    assert whole_door.count(service, table) >= 1, "there was nothing to be seen"
    assert at(page, SEEN[service][table])


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.spec("ACC-10")
def test_all_that_is_wanted_is_on_the_page(page, wanted):
    assert at(page, WANTED[wanted])


@pytest.mark.spec("ACC-10")
def test_the_page_says_what_it_says_of_her(page):
    loyalty = page["accounts"]["loyalty"]

    assert loyalty["member"]["level"] == "gold"
    assert loyalty["member"]["joined_on"] == "2024-01-01"
    assert (loyalty["member"]["number"], loyalty["referrals"]) == ("M100001", 1)
    assert page["service_desk"]["surveys"]["last"][0]["gap"] == "-1.0000"
    assert page["sales"]["orders"]["sums"][0]["amount_minor"] == 100_00
    assert page["telephony"]["calls"]["items"][0]["outcome"] == "answered"
    assert page["marketing"]["touches"]["items"][0]["fate"] == "sent"


@pytest.mark.spec("ACC-10")
def test_each_section_says_when_it_was_true(page):
    stamped = [
        (service, name)
        for service, card in page.items()
        for name, section in card.items()
        if isinstance(section, dict) and name != "copy" and not section.get("as_of")
    ]

    assert stamped == []


@pytest.mark.spec("ACC-30")
def test_touches_of_every_department_stand_there_with_their_result_and_lag(touches):
    lags = {one["source"]: one["lag_ms"] for one in touches if one["source"] in SOURCES}
    results = {one["source"]: one["result"] for one in touches}

    assert all(0 <= lag < PATIENCE * 1000 for lag in lags.values())
    assert results["sales.order"] == "USD 100.00"
    assert results["marketing.response"] == "unsubscribed"
    assert results["telephony.call"] == "answered, talked 0:02"


@pytest.mark.spec("ACC-10")
def test_the_page_says_how_far_behind_it_is_and_what_is_promised(whole, touches):
    behind = whole.page()["accounts"]["interactions"]["behind"]

    lags = sorted(one["lag_ms"] for one in touches if one["lag_ms"] is not None)
    assert behind["touches"] == len(lags)
    assert behind["p95_ms"] == lags[-(-95 * len(lags) // 100) - 1]
    assert behind["promised_ms"] == PROMISED_MS == 2_000


class TestSheAsksWhatWeKeep:
    """Nobody can say what is kept of a person (pain point 24)."""

    def test_a_department_that_is_down_is_named_as_missing(self, asked):
        done, told, content = asked[1]["part"]

        assert done.exit_code == 3
        assert list(told["missing"]) == ["telephony"]
        assert json.loads(content)["missing"].keys() == {"telephony"}
        assert tables_in(content)["sales"]["orders"] == 1

    def test_what_any_department_keeps_of_her_is_in_the_file(self, asked):
        _, _, content = asked[1]["all"]

        found = tables_in(content)
        assert [one for one in TABLES if not found[one[0]][one[1]]] == []

    def test_the_file_says_what_is_kept(self, asked, whole):
        done, told, content = asked[1]["all"]

        assert (done.exit_code, told["missing"]) == (0, {})
        (order,) = rows_in(content, "sales", "orders")
        assert (order["customer_id"], order["total_minor"]) == (whole.id, 100_00)
        assert rows_in(content, "telephony", "calls")[0]["outcome"] == "answered"
        assert rows_in(content, "analytics", "customer_standings")[0]["tier"]
        events = {one["type"] for one in rows_in(content, "analytics", "warehouse_events")}
        assert events >= {"sales.order.placed.v1", "telephony.call.ended.v1"}

    def test_the_request_is_done_with_what_was_noted_of_it(self, asked, whole_door):
        request_id, made = asked
        _, told, content = made["all"]
        (now,) = whole_door.call("accounts.privacy_requests", {"status": "running"})["items"]

        whole_door.call(
            "accounts.complete_request", {"request_id": request_id, "version": now["version"]}
        )

        noted = whole_door.call("accounts.erasure_certificate", {"request_id": request_id})
        assert noted["status"] == "done"
        assert noted["sha256"] == told["sha256"] == hashlib.sha256(content).hexdigest()
