"""What was promised to be kept confidential, and of whom a third party learns."""

from datetime import timedelta
from typing import Any

import pytest

from chassis.errors import Forbidden, Invalid, NotFound, StaleVersion
from services.accounts.processes import exports
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.exports import exported, table
from tests.support.sales import StandingClock

FAIR = "Fair & Sons"
COLUMNS = ["name"]


def sharing(desk: Desk, name: str, **more: Any) -> str:
    """Register a customer who allows to share with partners."""
    id_ = str(a_customer(desk, name=name, **more)["customer_id"])
    desk.ask("set_consent", customer_id=id_, purpose="sharing_with_partners", channel="any",
             granted=True, basis="consent")  # fmt: skip
    return id_


def agreed(desk: Desk, customer_id: str, **more: Any) -> Any:
    """Note an agreement with the customer."""
    return desk.ask("record_nda", customer_id=customer_id, **{"party": "Ann herself"} | more)


def names(content: bytes) -> list[str]:
    """Return who is in a file."""
    return sorted(row["name"] for row in table(content))


def may(desk: Desk, customer_id: str, recipient: str = FAIR) -> tuple[bool, str | None]:
    """Ask whether a third party may learn of a customer, and why not."""
    found = desk.ask("may_disclose", customer_id=customer_id, recipient=recipient)
    return found["allowed"], found["reason"]


@pytest.mark.spec("ACC-28")
class TestAFileForAThirdParty:
    def test_leaves_out_who_has_not_allowed_it_and_who_is_kept_confidential_and_says_so(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(exports, "MAX_PAGE", 2)  # what is counted is so over all pages
        sharing(desk, "Open")
        agreed(desk, sharing(desk, "Silent"))
        for name in ("Asked nobody", "Asked neither"):
            a_customer(desk, name=name)

        job, content = exported(desk, recipient=FAIR, columns=COLUMNS)

        assert names(content) == ["Open"]
        assert (job["recipient"], job["rows"]) == (FAIR, 1)
        assert job["withheld"] == {"no_permission": 2, "confidential": 1}
        logged = desk.ask("find_records", kind="export", filters={"to_third_party": True})
        assert [(one["id"], one["withheld"]) for one in logged["items"]] == [
            (job["id"], job["withheld"])
        ]
        (told,) = desk.told("accounts.export.finished.v1")
        assert (told["to_third_party"], told["withheld"], told["rows"]) == (True, 3, 1)
        assert FAIR not in str(told)

    def test_for_our_own_use_has_everybody(self, desk: Desk) -> None:
        agreed(desk, sharing(desk, "Silent"))
        a_customer(desk, name="Asked nobody")

        job, content = exported(desk, columns=COLUMNS)

        assert names(content) == ["Asked nobody", "Silent"]
        assert (job["recipient"], job["withheld"]) == (None, {})
        (told,) = desk.told("accounts.export.finished.v1")
        assert (told["to_third_party"], told["withheld"]) == (False, 0)

    @pytest.mark.parametrize("format_", ["data", "excel", "vcard"])
    def test_has_no_contact_of_a_customer_who_is_left_out(self, desk: Desk, format_: str) -> None:
        silent, open_ = sharing(desk, "Silent"), sharing(desk, "Open")
        agreed(desk, silent)
        for id_, name in ((silent, "Hidden"), (open_, "Shown")):
            desk.ask("register_contact", customer_id=id_, name=name)

        job, content = exported(desk, recipient=FAIR, kind="contact", format=format_)

        assert (b"Shown" in content, b"Hidden" in content) == (True, False)
        assert (job["rows"], job["withheld"]) == (1, {"confidential": 1})

    def test_takes_a_right_of_its_own(self, desk: Desk) -> None:
        boss = desk.token_of(a_staff(desk, "supervisor")["id"])

        with pytest.raises(Forbidden) as refused:
            desk.ask("start_export", as_=boss, recipient=FAIR)
        own = desk.ask("start_export", as_=boss)

        assert refused.value.detail == {"permission": "customer.disclose"}
        assert own["recipient"] is None
        assert desk.count("exports") == 1

    def test_a_permission_that_was_withdrawn_is_none(self, desk: Desk) -> None:
        id_ = sharing(desk, "Ann")
        before = may(desk, id_)

        desk.ask("set_consent", customer_id=id_, purpose="sharing_with_partners", channel="any",
                 granted=False, basis="withdrawn")  # fmt: skip

        assert (before, may(desk, id_)) == ((True, None), (False, "no_permission"))


@pytest.mark.spec("ACC-28")
class TestAnAgreement:
    def test_binds_from_its_first_instant_until_its_end(
        self, desk: Desk, clock: StandingClock
    ) -> None:
        id_ = sharing(desk, "Ann")
        starts = clock.now() + timedelta(days=30)
        ends = starts + timedelta(days=365)
        agreed(desk, id_, valid_from=starts.isoformat(), valid_until=ends.isoformat())

        before = may(desk, id_)
        clock.pass_(days=30)
        first = may(desk, id_)
        card = desk.ask("customer_card", customer_id=id_)["confidentiality"]["items"]
        clock.pass_(days=365)
        over = may(desk, id_)

        assert (before, first, over) == ((True, None), (False, "confidential"), (True, None))
        assert [one["party"] for one in card] == ["Ann herself"]
        assert desk.ask("customer_card", customer_id=id_)["confidentiality"]["items"] == []
        assert len(desk.ask("ndas_of", customer_id=id_)["items"]) == 1

    def test_lets_those_learn_of_it_whom_it_names_if_each_of_them_does(self, desk: Desk) -> None:
        id_ = sharing(desk, "Ann")
        agreed(desk, id_, permitted=["Fair  &  SONS", "The Auditor"])
        one = may(desk, id_), may(desk, id_, "Somebody else")

        agreed(desk, id_, permitted=["The Auditor"])

        assert one == ((True, None), (False, "confidential"))
        assert (may(desk, id_)[0], may(desk, id_, "the auditor")[0]) == (False, True)

    def test_is_ended_only_by_who_may_disclose_and_is_told_without_its_words(
        self, desk: Desk
    ) -> None:
        rita = a_staff(desk)["id"]
        id_, rep = sharing(desk, "Ann", owner_id=rita), desk.token_of(rita)
        noted = desk.ask("record_nda", as_=rep, customer_id=id_, party="Zwirbel", note="Zwirbel")
        ended = {"nda_id": noted["id"], "changes": {"valid_until": "2200-01-01T00:00:00Z"}}

        with pytest.raises(Forbidden) as refused:
            desk.ask("update_nda", as_=rep, version=1, **ended)
        desk.ask("update_nda", version=1, **ended)
        with pytest.raises(StaleVersion):
            desk.ask("update_nda", version=1, **ended)

        assert refused.value.detail == {"permission": "customer.disclose"}
        told = [one for one in desk.told("accounts.record.changed.v1") if one["kind"] == "nda"]
        assert [(one["verb"], one["version"]) for one in told] == [("created", 1), ("updated", 2)]
        assert "Zwirbel" not in str(told)
        audit = f"WHERE record_kind = 'ndas' AND record_id = '{noted['id']}'"
        assert desk.count("audit", audit) == 2

    def test_refuses_one_that_ends_first_and_a_stranger(self, desk: Desk) -> None:
        id_ = a_customer(desk)["customer_id"]
        noted = agreed(desk, id_)
        stranger = desk.token_of(a_staff(desk)["id"])

        with pytest.raises(Invalid) as backwards:
            agreed(desk, id_, valid_from="2030-01-01T00:00:00Z", valid_until="2030-01-01T00:00:00Z")
        with pytest.raises(Invalid):
            desk.ask("update_nda", nda_id=noted["id"], version=1,
                     changes={"valid_until": "2000-01-01T00:00:00Z"})  # fmt: skip
        for method, more in (
            ("record_nda", {"party": "x"}), ("ndas_of", {}), ("may_disclose", {"recipient": "x"}),
        ):  # fmt: skip
            with pytest.raises(NotFound):
                desk.ask(method, as_=stranger, customer_id=id_, **more)

        assert backwards.value.code == "accounts.validity.ends_first"
        assert desk.count("ndas") == 1
        assert desk.ask("ndas_of", customer_id=id_)["items"][0]["version"] == 1

    def test_of_a_customer_who_is_merged_binds_the_winner(self, desk: Desk) -> None:
        winner, loser = (sharing(desk, name) for name in ("Ann", "Anne"))
        agreed(desk, loser)
        free = may(desk, winner)
        named = {
            id_: {"id": id_, "version": desk.ask("get_record", kind="customer", id=id_)["version"]}
            for id_ in (winner, loser)
        }

        desk.ask("merge_customers", winner=named[winner], losers=[named[loser]])
        desk.run()

        assert (free, may(desk, winner)) == ((True, None), (False, "confidential"))
