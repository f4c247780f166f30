"""The service desk in this process: who works there, what comes in, and what it told."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from chassis.origin import internal
from chassis.work import Work
from tests.support.sales import Room, know_customer, know_rep
from tests.support.waiting import eventually

# Who is who: the roles and the team of everybody.
STAFF = {
    "a1": (("agent",), "desk"),
    "a2": (("agent",), "desk"),
    "s1": (("supervisor",), "t1"),
    "s2": (("supervisor",), "t2"),
    "d1": (("sales_director",), None),
    "g1": (("general_manager",), None),
}
EXPECTED = {"product_features": 7, "staff_attitude": 8, "price": 5}


def at(day: int, hour: int, minute: int = 0, month: int = 3) -> str:
    """Write an instant of 2017 as it is told."""
    return f"2017-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:00.000000Z"


class Front:
    """The desk as one member of the staff works at it; remembers the version of each case."""

    def __init__(self, room: Room, id_: str = "a1") -> None:
        roles, team = STAFF[id_]
        self.room, self.token = room, room.person(id_, *roles, team=team or "board")
        self.id = id_

    def open(self, **fields: Any) -> Any:
        """Open a case."""
        known = {
            "type": "incident", "channel": "phone", "subject": "The desk wobbles",
            "customer_id": "c1",
        }  # fmt: skip
        return self.room.call("open_case", self.token, **known | fields)

    def complain(self, **fields: Any) -> Any:
        """Open a complaint."""
        return self.open(type="complaint", subject="Nobody called me back", **fields)

    def do(self, method: str, case_id: str, **fields: Any) -> Any:
        """Call a command with the version that the case has now."""
        version = self.get(case_id)["version"]
        return self.room.call(method, self.token, case_id=case_id, version=version, **fields)

    def get(self, case_id: str) -> Any:
        """Read a case."""
        return self.room.call("get_record", self.token, kind="case", id=case_id)

    def file(self, case_id: str) -> Any:
        """Read a case with all that belongs to it."""
        return self.room.call("case_file", self.token, case_id=case_id)

    def history(self, case_id: str) -> list[tuple[str, str | None]]:
        """Return what happened to a case and why."""
        return [(one["change"], one["reason"]) for one in self.file(case_id)["history"]]

    def milestone(self, case_id: str, name: str) -> Any:
        """Return what stands of a milestone, in its last round."""
        found = [one for one in self.file(case_id)["milestones"] if one["milestone"] == name]
        return max(found, key=lambda one: one["round"])

    def find(self, **filters: Any) -> list[str]:
        """Find cases and return their ids."""
        page = self.room.call("find_records", self.token, kind="case", filters=filters)
        return [one["id"] for one in page["items"]]


def know_everybody(room: Room) -> None:
    """Let the desk hear of its staff and of one customer."""
    for id_, (roles, team) in STAFF.items():
        know_rep(room, id_, roles=roles, team_id=team, territory_ids=())
    know_customer(room)


def told(room: Room, noun_and_verb: str) -> list[dict[str, Any]]:
    """Return what the desk told of one type."""
    return room.told(f"service_desk.{noun_and_verb}.v1")


def types(room: Room) -> list[str]:
    """Return the types of all that the desk told, in order."""
    return [
        row.routing_key.removeprefix("service_desk.").removesuffix(".v1") for row in room.outbox()
    ]


def travel(room: Room, *, to: Any = None, **time_: float) -> None:
    """Let business time pass, all at once, and fire what was due meanwhile."""
    room.clock.instant = to if to is not None else room.clock.instant + timedelta(**time_)
    room.fire()


@contextmanager
def meanwhile(room: Room, act: Callable[[], object]) -> Iterator[Work]:
    """Do two things at once: when the first is written but not committed, the second has begun.

    By then the second waits for the first, or it is over.
    """
    thread = threading.Thread(target=act)
    with room.runtime.working(internal("service_desk", "test")) as work:
        yield work
        work.flush()
        thread.start()
        eventually(
            lambda: not thread.is_alive() or _somebody_waits(room), because="both have begun"
        )
    thread.join(timeout=10)
    assert not thread.is_alive()


def _somebody_waits(room: Room) -> bool:
    if room.runtime.database.sqlite:  # whoever writes is alone
        return True
    asked = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with room.runtime.database.reading() as session:
        return session.scalar(text(asked)) is not None


def token_of(room: Room, survey_id: str | None = None) -> str:
    """Return the token of a survey, the last one or this, as marketing is told it."""
    found = [one for one in told(room, "survey.invited") if survey_id in {None, one["survey_id"]}]
    token: str = found[-1]["token"]
    return token


def invite(room: Room, front: Front, **fields: Any) -> Any:
    """Ask the customer how it went."""
    asked = {"customer_id": "c1", "moment": "post_sale"} | fields
    return room.call("invite_survey", front.token, **asked)


def answer(room: Room, token: str, gap: int = 0, **fields: Any) -> Any:
    """Answer a survey as the gateway does, each driver with the same gap."""
    perceived = {driver: score + gap for driver, score in EXPECTED.items()}
    payload = {"token": token, "expected": EXPECTED, "perceived": perceived} | fields
    return room.ask("answer_survey", room.service("gateway"), payload)
