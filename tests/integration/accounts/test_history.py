"""The trail is asked by record, field, actor, time and channel, by whoever may see the record."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.clock import isoformat, real_now
from chassis.erasing import erase_values
from chassis.errors import Forbidden, Invalid, NotFound
from chassis.tokens import HOUSE
from services.accounts.tables import Team
from tests.support.accounts import ANN, Desk, a_customer, a_file, a_row, a_staff
from tests.support.custom import a_field


@pytest.fixture
def ann(desk: Desk) -> str:
    """Ann, who moved three times, the last time by an import."""
    id_ = str(desk.ask("register_customer", **ANN, external_ids={"erp": "X-1"})["customer_id"])
    for version, changes in ((1, {"city": "Rye"}), (2, {"segment": "Home"})):
        desk.ask("update_customer", customer_id=id_, version=version, changes=changes)
    desk.imported(a_file(a_row(1, name="Ann Lee", city="Boston", email=ANN["email"])))
    return id_


def versions(desk: Desk, id_: str, **asked: Any) -> list[int]:
    """Return the versions that a question about a customer's trail finds."""
    items = desk.ask("change_history", kind="customer", id=id_, **asked)["items"]
    return [one["version"] for one in items]


class TestChangeHistory:
    @pytest.mark.spec("ACC-26")
    def test_is_asked_by_field_verb_actor_and_channel(self, desk: Desk, ann: str) -> None:
        assert versions(desk, ann) == [4, 3, 2, 1]
        assert versions(desk, ann, field="city") == [4, 2]
        assert versions(desk, ann, field="segment", channel="rpc:update_customer") == [3]
        assert versions(desk, ann, verb="created") == [1]
        assert versions(desk, ann, channel="process:import") == [4]
        assert versions(desk, ann, actor="service:accounts") == [4, 3, 2, 1]
        assert versions(desk, ann, actor="person:nobody") == []

    def test_is_asked_by_time(self, desk: Desk, ann: str) -> None:
        items = desk.ask("change_history", kind="customer", id=ann)["items"]
        third = items[1]["at"]
        later = isoformat(real_now() + timedelta(hours=1))

        assert versions(desk, ann, since=third) == [4, 3]
        assert versions(desk, ann, until=third) == [2, 1]
        assert versions(desk, ann, since=later) == []

    def test_is_read_page_by_page(self, desk: Desk, ann: str) -> None:
        asked: dict[str, Any] = {"kind": "customer", "id": ann, "limit": 3}
        first = desk.ask("change_history", **asked)
        second = desk.ask("change_history", **asked, after=first["next"])

        assert [one["version"] for one in first["items"]] == [4, 3, 2]
        assert [one["version"] for one in second["items"]] == [1]
        assert second["next"] is None

    def test_shows_no_field_that_the_record_does_not_show(self, desk: Desk, ann: str) -> None:
        (created,) = desk.ask("change_history", kind="customer", id=ann, verb="created")["items"]

        assert created["changes"]["name"] == [None, "Ann Lee"]
        assert "name_key" not in created["changes"]
        with pytest.raises(Invalid) as refused:
            versions(desk, ann, field="name_key")
        assert refused.value.code == "history.unknown_field"

    def test_is_asked_by_a_custom_field(self, desk: Desk, ann: str) -> None:
        for key in ("hobby", "pet"):
            a_field(desk, key)
        for version, custom in ((4, {"hobby": "Chess", "pet": "Cat"}), (5, {"hobby": None})):
            desk.ask("update_customer", customer_id=ann, version=version,
                     changes={"custom": custom})  # fmt: skip

        assert versions(desk, ann, field="custom.hobby") == [6, 5]
        assert versions(desk, ann, field="custom.pet") == [5]
        assert versions(desk, ann, field="custom.none") == []
        trail = desk.ask("audit_trail", kind="customer", field="custom.hobby")["items"]
        assert [one["version"] for one in trail] == [6, 5]

    @pytest.mark.parametrize(
        "field", ["custom.", "custom.Hobby", 'custom.a"b', "custom.a.b", "name.first", "custom.$"]
    )
    def test_is_asked_by_no_field_that_could_not_be(self, desk: Desk, ann: str, field: str) -> None:
        with pytest.raises(Invalid) as refused:
            versions(desk, ann, field=field)

        assert refused.value.code == "invalid.fields"

    def test_of_a_record_without_custom_fields_knows_none(self, desk: Desk) -> None:
        team = desk.ask("create_record", kind="team", values={"name": "Blue"})["id"]

        with pytest.raises(Invalid) as refused:
            desk.ask("change_history", kind="team", id=team, field="custom.hobby")

        assert refused.value.code == "history.unknown_field"

    def test_says_that_values_were_erased(self, desk: Desk, ann: str) -> None:
        with desk.work() as work:
            erase_values(work, [("customers", ann)])

        items = desk.ask("change_history", kind="customer", id=ann)["items"]

        assert [(one["verb"], one["changes"], one["erased"]) for one in items] == [
            ("erased", {}, True),
            ("updated", {}, True),
            ("updated", {}, True),
            ("updated", {}, True),
            ("created", {}, True),
        ]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"field": 'a"b'},
            {"verb": "read"},
            {"since": "2017-03-02T00:00:00Z", "until": "2017-03-01T00:00:00Z"},
            {"after": 0},
            {"after": 2**63},
            {"limit": 201},
            {"since": "2017-03-01T00:00:00"},
        ],
    )
    def test_refuses_what_makes_no_question(
        self, desk: Desk, ann: str, wrong: dict[str, Any]
    ) -> None:
        with pytest.raises(Invalid):
            versions(desk, ann, **wrong)

    def test_of_an_unknown_kind_is_not_there(self, desk: Desk, ann: str) -> None:
        with pytest.raises(NotFound):
            desk.ask("change_history", kind="series", id=ann)


class TestAuditTrail:
    def test_is_over_everything_for_an_auditor(self, desk: Desk) -> None:
        admin = a_staff(desk, role="admin")["id"]
        token = desk.token_of(admin)
        bo = a_customer(desk)["customer_id"]
        desk.ask("update_customer", as_=token, customer_id=bo, version=1, changes={"city": "Rye"})

        mine = desk.ask("audit_trail", as_=token, actor=f"person:{admin}")["items"]
        staff = desk.ask("audit_trail", as_=token, kind="staff")["items"]

        assert [(one["kind"], one["id"], one["changes"]) for one in mine] == [
            ("customer", bo, {"city": [None, "Rye"]})
        ]
        assert [one["id"] for one in staff] == [admin]

    def test_is_narrowed_to_a_field_of_a_kind(self, desk: Desk, ann: str) -> None:
        bo = a_customer(desk, city="Rye")["customer_id"]

        found = desk.ask("audit_trail", kind="customer", field="city")["items"]

        assert [(one["id"], one["version"]) for one in found] == [(bo, 1), (ann, 4), (ann, 2)]
        for alone in ({"field": "city"}, {"id": ann}):
            with pytest.raises(Invalid) as refused:
                desk.ask("audit_trail", **alone)
            assert refused.value.code == "history.kind_missing"

    def test_shows_what_was_deleted_since(self, desk: Desk) -> None:
        with desk.work() as work:
            team = work.add(Team(name="East"))
        with desk.work() as work:
            work.remove(work.get(Team, team.id))

        found = desk.ask("audit_trail", kind="team")["items"]

        assert [(one["verb"], one["changes"].get("name")) for one in found] == [
            ("deleted", ["East", None]),
            ("created", [None, "East"]),
        ]

    def test_ends_at_the_entity(self, desk: Desk) -> None:
        admin = a_staff(desk, role="admin")["id"]
        a_customer(desk)
        north = desk.runtime.signer.sign(
            f"person:{admin}", [HOUSE], roles=["admin"], entity="north", teams=[], territories=[]
        )

        assert desk.ask("audit_trail", as_=north)["items"] == []
        assert len(desk.ask("audit_trail", as_=desk.token_of(admin))["items"]) == 2

    @pytest.mark.parametrize("role", ["rep", "sales_director", "data_analyst", "marketer"])
    def test_is_not_for_everybody(self, desk: Desk, role: str) -> None:
        token = desk.token_of(a_staff(desk, role=role)["id"])

        with pytest.raises(Forbidden):
            desk.ask("audit_trail", as_=token)
