"""A service that does not follow a merge is seen: by a gauge, by the doctor, and by nobody too early."""

import pytest
from prometheus_client import REGISTRY

from chassis import housekeeping
from rapport_cli import services
from rapport_cli.doctor import stored
from rapport_cli.doctor.patient import Patient
from rapport_cli.house import House, Running
from tests.support.accounts import Desk
from tests.support.merging import FOLLOWERS, answer, merge, two, unmerge
from tests.support.sales import StandingClock

DECLARED = services.topology()


def gauges(desk: Desk) -> dict[str, float | None]:
    """Return how many merges wait for each service, as the next scrape reads it."""
    housekeeping.refresh_gauges(desk.runtime)
    return {
        name: REGISTRY.get_sample_value(
            "crm_merges_overdue", {"service": "accounts", "waits_for": name}
        )
        for name in FOLLOWERS
    }


def doctor(desk: Desk) -> list[str]:
    """Return what the doctor says of merges when he looks into the database."""
    url = desk.runtime.database.url.render_as_string(hide_password=False)
    only = {"accounts": Running("accounts", "", "", None, None, None)}
    house = House(databases={"accounts": url}, running=only)
    found = stored.databases(Patient(house, DECLARED, None))
    return [one.says for one in found if "merge" in one.says and "timers" not in one.says]


class TestAMergeThatWaits:
    @pytest.fixture
    def merge_id(self, desk: Desk, clock: StandingClock) -> str:
        """A merge that sales alone has followed, eleven minutes ago."""
        winner, loser = two(desk)
        id_: str = merge(desk, winner, loser)["merge_id"]
        answer(desk, id_, "sales")
        clock.pass_(minutes=11)
        return id_

    def test_is_counted_for_each_service_that_is_missing(self, desk: Desk, merge_id: str) -> None:
        assert gauges(desk) == {name: float(name != "sales") for name in FOLLOWERS}

    def test_is_counted_no_more_when_all_have_answered(self, desk: Desk, merge_id: str) -> None:
        gauges(desk)

        answer(desk, merge_id)

        assert gauges(desk) == dict.fromkeys(FOLLOWERS, 0.0)

    def test_is_told_by_the_doctor(
        self, desk: Desk, merge_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored, "SECOND_LOOK_SECONDS", 0.0)

        assert doctor(desk) == [
            (
                "accounts: merges wait for services for over 10 minutes: "
                "1 x analytics, 1 x marketing, 1 x service_desk, 1 x telephony."
            )
        ]

    def test_is_no_finding_when_all_have_answered(
        self, desk: Desk, merge_id: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stored, "SECOND_LOOK_SECONDS", 0.0)

        answer(desk, merge_id)

        assert doctor(desk) == []

    def test_undone_it_is_waited_for_anew(
        self, desk: Desk, clock: StandingClock, merge_id: str
    ) -> None:
        answer(desk, merge_id)
        unmerge(desk, merge_id)
        soon = gauges(desk)

        clock.pass_(minutes=11)

        assert (soon, gauges(desk)) == (
            dict.fromkeys(FOLLOWERS, 0.0),
            dict.fromkeys(FOLLOWERS, 1.0),
        )


class TestAMergeThatIsNew:
    def test_is_not_overdue_for_ten_minutes(self, desk: Desk, clock: StandingClock) -> None:
        merge(desk, *two(desk))

        clock.pass_(minutes=10)

        assert gauges(desk) == dict.fromkeys(FOLLOWERS, 0.0)
