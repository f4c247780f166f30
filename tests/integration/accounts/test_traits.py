"""What is known of customers as people: in families, sensitive ones only as far as allowed."""

from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid, NotFound, StaleVersion
from services.accounts.config import Own
from services.accounts.domain.traits import FAMILY_OF, SENSITIVE, TraitKind
from tests.support.accounts import Desk, a_customer, a_staff

NEVER = "Zoroastrian-7731"  # a value that must stand nowhere but in its own table


@pytest.fixture
def curious(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Accounts of a house that wants to know sensitive attributes."""
    monkeypatch.setattr(desk.runtime, "own", Own(sensitive_traits=True))
    return desk


def knows(desk: Desk, customer_id: str, kind: str, value: str | None, **more: Any) -> Any:
    """Tell an attribute."""
    return desk.ask("set_trait", customer_id=customer_id, kind=kind, value=value, **more)


def confides(desk: Desk, customer_id: str, kind: str, value: str | None, **more: Any) -> Any:
    """Tell a sensitive attribute."""
    return desk.ask("set_sensitive_trait", customer_id=customer_id, kind=kind, value=value, **more)


def allow(desk: Desk, customer_id: str, *, granted: bool = True, **more: Any) -> None:
    """Let a customer allow to keep sensitive attributes, or forbid it."""
    desk.ask(
        "set_consent", customer_id=customer_id, purpose="sensitive_traits", channel="mail",
        granted=granted, basis="consent" if granted else "withdrawn", **more,
    )  # fmt: skip


def shown(desk: Desk, customer_id: str, method: str = "traits_of", **asked: Any) -> dict[str, str]:
    """Return attributes: kind -> value."""
    found = desk.ask(method, customer_id=customer_id, **asked)["items"]
    return {one["kind"]: one["value"] for one in found}


def everywhere(desk: Desk, text: str) -> list[str]:
    """Return the tables in which a text stands anywhere."""
    found = []
    with desk.runtime.database.engine.connect() as connection:
        for table in sorted(desk._tables):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()
            if any(text in str(row) for row in rows):
                found.append(table)
    return found


class TestSetTrait:
    @pytest.mark.spec("ACC-25")
    def test_four_families_stand_in_the_profile(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        told = {
            "social_circle": "Rotary", "purchase_motive": "Price", "character": "Cautious",
        }  # fmt: skip
        for kind, value in told.items():
            knows(desk, id_, kind, value)

        card = desk.ask("customer_card", customer_id=id_)["traits"]

        assert shown(desk, id_) == told
        assert shown(desk, id_, family="psychological") == {"character": "Cautious"}
        assert {one["kind"]: one["family"] for one in card["items"]} == {
            "social_circle": "social", "purchase_motive": "behavioural",
            "character": "psychological",
        }  # fmt: skip
        assert set(FAMILY_OF.values()) == {"social", "demographic", "behavioural", "psychological"}
        assert set(FAMILY_OF) == set(TraitKind)

    @pytest.mark.spec("ACC-22")
    def test_extrinsic_are_region_products_and_type_of_organisation(self, desk: Desk) -> None:
        id_ = a_customer(desk, region="East")["customer_id"]
        desk.ask("record_asset", customer_id=id_, sku="DESK-1")
        knows(desk, id_, "organisation_type", "government")
        knows(desk, id_, "character", "Cautious")

        with pytest.raises(Invalid):
            knows(desk, id_, "organisation_type", "club", version=1)

        assert shown(desk, id_, side="extrinsic") == {"organisation_type": "government"}
        card = desk.ask("customer_card", customer_id=id_)
        assert card["profile"]["customer"]["region"] == "East"
        assert [one["sku"] for one in card["assets"]["items"]] == ["DESK-1"]

    def test_is_changed_and_taken_away_by_its_version(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        knows(desk, id_, "lifestyle", "Busy")

        for version in (None, 2):
            with pytest.raises(StaleVersion):
                knows(desk, id_, "lifestyle", "Calm", version=version)
        changed = knows(desk, id_, "lifestyle", "Calm", version=1)
        gone = knows(desk, id_, "lifestyle", None, version=2)

        assert (changed["version"], gone, shown(desk, id_)) == (2, None, {})
        told = [(one["kind"], one["verb"]) for one in desk.told("accounts.record.changed.v1")]
        assert told == [("trait", "created"), ("trait", "updated"), ("trait", "deleted")]
        assert "Calm" not in str(desk.told("accounts.record.changed.v1"))

    def test_refuses_a_sensitive_kind(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        for kind in sorted(SENSITIVE):
            with pytest.raises(Invalid):
                knows(desk, id_, kind, "x")

        assert desk.count("traits") == 0

    def test_is_seen_only_by_who_may_and_sees_the_customer(self, desk: Desk) -> None:
        """Pain point 5: the card shows no more than the list."""
        id_ = a_customer(desk)["customer_id"]
        knows(desk, id_, "character", "Cautious")
        desk.ask("record_behaviour", customer_id=id_, facts=[A_BILL])
        agent = desk.token_of(a_staff(desk, "agent")["id"])
        rep = desk.token_of(a_staff(desk)["id"])

        for method in ("traits_of", "behaviour_of"):
            with pytest.raises(Forbidden):
                desk.ask(method, as_=agent, customer_id=id_)
            with pytest.raises(NotFound):
                desk.ask(method, as_=rep, customer_id=id_)
        card = desk.ask("customer_card", as_=agent, customer_id=id_)["traits"]

        assert (card["permitted"], card["items"], card["behaviour"]) == (False, [], [])


class TestSetSensitiveTrait:
    def test_is_off_by_default(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        id_ = a_customer(desk)["customer_id"]
        allow(desk, id_)

        for own in (None, Own()):
            monkeypatch.setattr(desk.runtime, "own", own)
            with pytest.raises(Forbidden) as refused:
                confides(desk, id_, "belief", NEVER)
            assert refused.value.code == "accounts.trait.sensitive_off"
            with pytest.raises(Forbidden):
                shown(desk, id_, "sensitive_traits_of")

        assert desk.count("traits") == 0
        assert Own().sensitive_traits is False

    @pytest.mark.spec("ACC-24")
    def test_is_kept_only_with_consent_and_goes_when_it_is_withdrawn(self, curious: Desk) -> None:
        id_ = a_customer(curious)["customer_id"]
        with pytest.raises(Forbidden) as refused:
            confides(curious, id_, "illness", NEVER)
        assert refused.value.code == "accounts.trait.no_consent"
        allow(curious, id_, at="2017-01-01T00:00:00Z")

        confides(curious, id_, "illness", NEVER)
        kept = curious.ask("sensitive_traits_of", customer_id=id_)["items"]
        allow(curious, id_, granted=False, at="2017-01-02T00:00:00Z")

        assert [(one["kind"], one["value"], one["sensitive"]) for one in kept] == [
            ("illness", NEVER, True),
        ]  # fmt: skip
        assert (curious.count("traits"), curious.count("sensitive_values")) == (0, 0)
        with pytest.raises(Forbidden):
            shown(curious, id_, "sensitive_traits_of")
        assert everywhere(curious, NEVER) == []

    @pytest.mark.spec("ACC-23")
    def test_all_intrinsic_attributes_have_a_place(self, curious: Desk) -> None:
        id_ = a_customer(curious)["customer_id"]
        allow(curious, id_)
        plain = ("credit_standing", "character", "value_orientation")
        sensitive = ("gender", "age", "belief", "hobbies", "income", "household_size")

        for kind in plain:
            knows(curious, id_, kind, f"some {kind}")
        for kind in sensitive:
            confides(curious, id_, kind, f"some {kind}")

        assert set(shown(curious, id_, side="intrinsic")) == set(plain)
        assert shown(curious, id_, "sensitive_traits_of") == {k: f"some {k}" for k in sensitive}

    def test_its_value_stands_in_no_event_no_audit_no_answer_and_no_card(
        self, curious: Desk
    ) -> None:
        """Pain point 24: what must be forgotten is nowhere but in its place."""
        id_ = a_customer(curious)["customer_id"]
        allow(curious, id_)

        answer = confides(curious, id_, "belief", "first guess", key="once")
        confides(curious, id_, "belief", NEVER, version=answer["version"])

        assert "value" not in answer
        assert everywhere(curious, NEVER) == ["sensitive_values"]
        assert everywhere(curious, "first guess") == []
        assert curious.count("audit", "WHERE record_kind = 'traits'") == 2
        assert curious.told("accounts.record.changed.v1") == []
        assert NEVER not in str(curious.ask("customer_card", customer_id=id_))

    def test_needs_a_permission_of_its_own(self, curious: Desk) -> None:
        rita = a_staff(curious)["id"]
        id_ = a_customer(curious, owner_id=rita)["customer_id"]
        allow(curious, id_)
        confides(curious, id_, "belief", NEVER)
        rep = curious.token_of(rita)

        for method, more in (
            ("sensitive_traits_of", {}),
            ("set_sensitive_trait", {"kind": "belief", "value": "x", "version": 1}),
        ):
            with pytest.raises(Forbidden) as refused:
                curious.ask(method, as_=rep, customer_id=id_, **more)
            assert refused.value.code == "auth.permission_missing"

        assert shown(curious, id_) == {}
        assert shown(curious, id_, "sensitive_traits_of") == {"belief": NEVER}

    def test_a_consent_to_marketing_is_none_to_this(self, curious: Desk) -> None:
        id_ = a_customer(curious)["customer_id"]
        curious.ask("set_consent", customer_id=id_, channel="mail", granted=True, basis="consent")

        with pytest.raises(Forbidden):
            confides(curious, id_, "belief", NEVER)


A_BILL = {
    "kind": "billed_amount", "period_start": "2017-01-01", "period_end": "2017-02-01",
    "source": "billing", "amount_minor": 4_200, "currency": "USD",
}  # fmt: skip


class TestRecordBehaviour:
    @pytest.mark.spec("ACC-38")
    def test_takes_any_kind_of_dated_fact(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        when = {"period_start": "2017-02-01", "period_end": "2017-03-01", "source": "network"}
        others = [
            {"kind": kind, "value": f"some {kind}", **when}
            for kind in ("usage", "payment", "credit", "maintenance", "registration", "roaming")
        ]

        answer = desk.ask("record_behaviour", customer_id=id_, facts=[A_BILL, *others])

        assert answer == {"recorded": 7, "unchanged": 0}
        (bill,) = desk.ask("behaviour_of", customer_id=id_, kind="billed_amount")["items"]
        assert (bill["amount_minor"], bill["currency"], bill["period_end"]) == (
            4_200, "USD", "2017-02-01",
        )  # fmt: skip
        first = desk.ask("behaviour_of", customer_id=id_, limit=6)
        rest = desk.ask("behaviour_of", customer_id=id_, limit=6, after=first["next"])
        assert {one["kind"] for one in first["items"]} == {one["kind"] for one in others}
        assert [one["kind"] for one in rest["items"]] == ["billed_amount"]
        card = desk.ask("customer_card", customer_id=id_)["traits"]["behaviour"]
        assert [one["id"] for one in card] == [
            one["id"] for one in (*first["items"], *rest["items"])
        ]

    def test_told_again_it_is_corrected_and_not_doubled(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        desk.ask("record_behaviour", customer_id=id_, facts=[A_BILL])

        same = desk.ask("record_behaviour", customer_id=id_, facts=[A_BILL])
        other = desk.ask("record_behaviour", customer_id=id_,
                         facts=[A_BILL | {"amount_minor": 9}])  # fmt: skip

        assert (same["unchanged"], other["recorded"]) == (1, 1)
        (bill,) = desk.ask("behaviour_of", customer_id=id_)["items"]
        assert (bill["amount_minor"], bill["version"]) == (9, 2)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount_minor": None, "currency": None},
            {"currency": None},
            {"period_end": "2017-01-01"},
        ],
    )
    def test_refuses_what_says_nothing_and_then_notes_nothing(
        self, desk: Desk, wrong: dict[str, Any]
    ) -> None:
        id_ = a_customer(desk)["customer_id"]

        with pytest.raises(Invalid) as refused:
            desk.ask("record_behaviour", customer_id=id_, facts=[A_BILL, A_BILL | wrong])

        assert refused.value.code == "accounts.behaviour.incomplete"
        assert desk.count("behaviour_facts") == 0
