"""What each entry point does with a customer that is known already: stored, versioned, an admin's."""

from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid, StaleVersion
from chassis.tokens import HOUSE
from services.accounts.domain.matching import OverrideNotAllowed, PolicySenseless
from services.accounts.usecases.customers import DuplicateCustomer
from tests.support.accounts import ANN, Desk, a_customer, a_file, a_row, a_staff


def person(desk: Desk, role: str) -> str:
    return desk.runtime.signer.sign("person:somebody", [HOUSE], roles=[role])


def decide(desk: Desk, entry_point: str, policy: str, version: int = 0, **more: Any) -> Any:
    return desk.ask(
        "set_match_policy", as_=person(desk, "admin"), entry_point=entry_point, policy=policy,
        version=version, **more,
    )  # fmt: skip


class TestPolicies:
    def test_come_as_they_always_were(self, desk: Desk) -> None:
        found = desk.ask("match_policies")["items"]

        assert {one["entry_point"]: one["policy"] for one in found} == {
            "manual": "block", "web": "block", "api": "block", "import": "block",
            "update": "block", "lead": "link", "partner": "link",
        }  # fmt: skip
        assert {(one["version"], tuple(one["overrides"])) for one in found} == {
            (0, ("block", "link", "warn"))
        }

    def test_are_versioned_audited_and_told(self, desk: Desk) -> None:
        first = decide(desk, "manual", "link")
        second = decide(desk, "manual", "warn", version=1, overrides=["block"])

        assert (first["version"], second["version"]) == (1, 2)
        assert desk.count("audit", "WHERE record_kind = 'match_policies'") == 2
        told = desk.told("accounts.record.changed.v1")
        assert [(one["verb"], one["fields"]["policy"]) for one in told] == [
            ("created", '"link"'), ("updated", '"warn"'),
        ]  # fmt: skip

    def test_the_same_decision_again_tells_nothing(self, desk: Desk) -> None:
        decide(desk, "manual", "link")

        again = decide(desk, "manual", "link", version=1)

        assert again["version"] == 1
        assert len(desk.told("accounts.record.changed.v1")) == 1

    @pytest.mark.parametrize("version", [0, 2])
    def test_refuse_a_stale_version(self, desk: Desk, version: int) -> None:
        decide(desk, "manual", "link")

        with pytest.raises(StaleVersion):
            decide(desk, "manual", "warn", version=version)

        assert desk.count("match_policies", "WHERE policy = 'link'") == 1

    @pytest.mark.parametrize("role", ["general_manager", "rep", "data_analyst"])
    def test_are_an_admins_to_change_and_everybodys_to_read(self, desk: Desk, role: str) -> None:
        token = person(desk, role)

        with pytest.raises(Forbidden):
            desk.ask(
                "set_match_policy", as_=token, entry_point="web", policy="link", version=0
            )  # fmt: skip

        assert len(desk.ask("match_policies", as_=token)["items"]) == 7
        assert desk.count("match_policies") == 0

    def test_refuse_to_link_whoever_changes_a_customer(self, desk: Desk) -> None:
        with pytest.raises(PolicySenseless):
            decide(desk, "update", "link")

    @pytest.mark.parametrize(
        "wrong", [{"policy": "maybe"}, {"entry_point": "phone"}, {"overrides": ["block"] * 4}]
    )
    def test_refuse_what_is_wrong_in_itself(self, desk: Desk, wrong: dict[str, Any]) -> None:
        right = {"entry_point": "web", "policy": "link", "version": 0}

        with pytest.raises(Invalid):
            desk.ask("set_match_policy", as_=person(desk, "admin"), **right | wrong)

        assert desk.count("match_policies") == 0


class TestEveryEntryPoint:
    @pytest.mark.parametrize("source", ["manual", "web", "api", "lead"])
    def test_blocks_links_or_warns_by_its_own_policy(self, desk: Desk, source: str) -> None:
        known = desk.ask("register_customer", **ANN)["customer_id"]
        told = ANN | {"source": source}
        version = 0
        outcomes = []
        for policy in ("link", "warn"):
            version = decide(desk, source, policy, version)["version"]
            done = desk.ask("register_customer", **told)
            outcomes.append((done["created"], done["matches"][0]["customer_id"]))
        decide(desk, source, "block", version)

        with pytest.raises(DuplicateCustomer):
            desk.ask("register_customer", **told)
        assert outcomes == [(False, known), (True, known)]

    def test_a_change_follows_its_own(self, desk: Desk) -> None:
        desk.ask("register_customer", **ANN)
        other = a_customer(desk)["customer_id"]
        change = {"customer_id": other, "version": 1, "changes": {"email": ANN["email"]}}
        with pytest.raises(DuplicateCustomer):
            desk.ask("update_customer", **change)
        decide(desk, "update", "warn")

        assert desk.ask("update_customer", **change)["version"] == 2

    def test_an_import_follows_its_own(self, desk: Desk) -> None:
        a_customer(desk, name="Ann", email="person1@example.com")
        decide(desk, "import", "link")

        status = desk.imported(a_file(a_row(1)))

        assert (status["updated"], status["refused"]) == (1, 0)


class TestOverrides:
    def test_a_caller_may_choose_what_is_left_open_and_nothing_else(self, desk: Desk) -> None:
        desk.ask("register_customer", **ANN)
        decide(desk, "manual", "block", overrides=["link"])

        linked = desk.ask("register_customer", **ANN, on_match="link")
        with pytest.raises(OverrideNotAllowed) as refused:
            desk.ask("register_customer", **ANN, on_match="warn")

        assert not linked["created"]
        assert refused.value.code == "accounts.match_policy.override"
        assert desk.count("customers") == 1

    def test_an_import_may_not_either(self, desk: Desk) -> None:
        decide(desk, "import", "block", overrides=[])

        with pytest.raises(OverrideNotAllowed):
            desk.start(a_file(a_row(1)), on_match="warn")

        assert desk.count("imports") == 0

    @pytest.mark.parametrize("primary", [True, False])
    def test_a_further_address_is_no_side_door(self, desk: Desk, primary: bool) -> None:
        """Duplicates appear through side doors (pain point 2)."""
        desk.ask("register_customer", **ANN)
        other = a_customer(desk)["customer_id"]
        decide(desk, "update", "block", overrides=[])
        point = {"customer_id": other, "medium": "mail", "value": ANN["email"], "primary": primary}

        for on_match, refusal in (("warn", OverrideNotAllowed), (None, DuplicateCustomer)):
            with pytest.raises(refusal):
                desk.ask("add_contact_point", **point, on_match=on_match)
        assert desk.count("contact_points") == 0
        decide(desk, "update", "warn", version=1)
        desk.ask("add_contact_point", **point)

        assert desk.count("contact_points") == 1

    def test_of_one_entity_are_not_those_of_another(self, desk: Desk) -> None:
        decide(desk, "manual", "link")
        other = desk.runtime.signer.sign(
            "person:x", [HOUSE], roles=["admin"], entity="subsidiary"
        )  # fmt: skip

        items = desk.ask("match_policies", as_=other)["items"]

        assert {one["version"] for one in items} == {0}


def test_a_rep_reads_but_is_bound(desk: Desk) -> None:
    rep = desk.token_of(a_staff(desk)["id"])
    decide(desk, "manual", "block", overrides=[])
    desk.ask("register_customer", **ANN)

    with pytest.raises(OverrideNotAllowed):
        desk.ask("register_customer", as_=rep, **ANN, on_match="warn")
