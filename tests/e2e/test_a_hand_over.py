"""Somebody leaves: one operation, and everything of his is somebody else's in every service."""

import pytest

from tests.support.belongings import furnish
from tests.support.doors import PATIENCE
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(900)

PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}
OWNED = {
    "accounts": ("customers", "contacts", "interactions"),
    "sales": ("leads", "opportunities", "quotes", "orders"),
    "service_desk": ("cases", "surveys"),
    "telephony": ("callbacks",),
}
SERVING = ("rep", "relationship_staff")  # sells, and may work on cases


def _of(door, staff_id):
    """Count what somebody has, by service and kind."""
    counts = {
        service: {table: door.count(service, table, f"owner_id = '{staff_id}'") for table in tables}
        for service, tables in OWNED.items()
    }
    counts["service_desk"]["assigned"] = door.count(
        "service_desk", "cases", f"assignee_id = '{staff_id}'"
    )
    return counts


def _all(door):
    """Count everything that there is, by service and kind."""
    return {
        service: {table: door.count(service, table) for table in tables}
        for service, tables in OWNED.items()
    }


def _record(door, kind, id_):
    service, _, noun = kind.partition(".")
    return door.call(f"{service}.get_record", {"kind": noun, "id": id_})


def _customer_of(door, name, owner_id):
    """Enter a customer with something of every kind and make it somebody's."""
    mail = f"{name.lower()}@example.com"
    id_ = door.call("accounts.register_customer", {"name": name, "email": mail})["customer_id"]
    for service, table in (
        ("sales", "customer_refs"),
        ("service_desk", "desk_customer_refs"),
        ("telephony", "telephony_customer_refs"),
        ("marketing", "marketing_customer_refs"),
    ):
        door.until(service, table, 1, f"id = '{id_}'")
    furnish(door, id_, name, mail)
    version = _record(door, "accounts.customer", id_)["version"]
    assigned = {"customer_id": id_, "version": version, "owner_id": owner_id}
    door.call("accounts.assign_owner", assigned)
    return id_


def _lead_of(door, name, owner_id):
    """Give somebody a lead that is no customer."""
    lead = {"source": "web", "name": name, "email": f"{name.lower()}@example.org"}
    captured = door.call("sales.capture_lead", lead)
    door.until("sales", "staff_refs", 1, f"id = '{owner_id}'")
    known = _record(door, "sales.lead", captured["lead_id"])
    given = {"lead_id": known["id"], "version": known["version"], "owner_id": owner_id}
    door.call("sales.assign_lead", given)


def _case_of(door, staff_id):
    """Make somebody answerable for a case of nobody's customer."""
    asked = {"type": "question", "channel": "phone", "subject": "A question"}
    case = door.call("service_desk.open_case", asked, door.token_of(staff_id))
    given = {"case_id": case["id"], "version": case["version"], "assignee_id": staff_id}
    door.call("service_desk.assign_case", given)


@pytest.fixture(scope="module")
def leaver(whole_door):
    """Somebody with something of every kind in every service; and the one who stays."""
    door = whole_door
    team = door.call("accounts.create_record", {"kind": "team", "values": {"name": "Blue"}})["id"]
    door.call("sales.create_record", {"kind": "product", "values": PRODUCT})
    leaver, stays = (door.hire(name, *SERVING, team_id=team)[0] for name in ("Lee", "Sue"))
    for one in (leaver, stays):
        for service, table in (
            ("sales", "staff_refs"),
            ("service_desk", "desk_staff_refs"),
            ("telephony", "telephony_staff_refs"),
        ):
            door.until(service, table, 1, f"id = '{one}'")
    for name in ("Ada", "Bo"):
        _customer_of(door, name, leaver)
    _lead_of(door, "Zed", leaver)
    _case_of(door, leaver)
    door.read_up()
    door.until("sales", "orders", 2, f"owner_id = '{leaver}'")
    door.until("service_desk", "surveys", 2, f"owner_id = '{leaver}'")
    door.until("telephony", "callbacks", 2, f"owner_id = '{leaver}'")
    door.quiet()  # what is still heard in accounts would be counted after, and not before
    return leaver, stays


class TestEverythingOfALeaver:
    @pytest.mark.spec("ACC-29")
    def test_is_somebody_elses_in_every_service_and_each_says_how_much(self, whole_door, leaver):
        door, (leaves, stays) = whole_door, leaver
        before, everything = _of(door, leaves), _all(door)
        assert all(number for tables in before.values() for number in tables.values())

        job = door.call(
            "accounts.hand_over",
            {"staff_id": leaves, "recipients": [{"staff_id": stays}], "deactivates": True},
        )
        asked = {"allocation_id": job["id"]}
        done = eventually(
            lambda: (
                (found := door.call("accounts.hand_over_status", asked)).get("completed_at")
                and found
            ),
            seconds=PATIENCE,
            because="every service has followed",
        )

        assert _of(door, stays) == before
        assert not any(n for tables in _of(door, leaves).values() for n in tables.values())
        assert _all(door) == everything
        said = {one["service"]: one["counts"] for one in done["acknowledgements"]}
        before["service_desk"]["assigned_cases"] = before["service_desk"].pop("assigned")
        assert said == before
        assert done["missing"] == []
        assert _record(door, "accounts.staff", leaves)["active"] is False
