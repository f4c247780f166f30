"""Role by verb by method over the real way in, and what an answer tells of what one may not see."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from chassis.caller import Caller
from chassis.errors import Forbidden
from chassis.rows import Query
from chassis.visibility import scope_of
from contracts import SERVICES
from contracts.roles import ALL, ROLES
from rapport_cli.grants import Grant, grants
from tests.support.fuzz_calls import Counter
from tests.support.fuzz_rooms import EAST, NUMBERS, WEST, Rooms
from tests.support.fuzz_stock import Stock
from tests.support.fuzz_values import Drawing, written

DENIED = {"auth.permission_missing", "auth.call_not_allowed", "auth.scope"}
TRIES = 6
PARTIAL = tuple(
    role for role, granted in ROLES.items() if any(reach != ALL for reach in granted.values())
)


@pytest.fixture(scope="module")
def drawings(rooms: Rooms) -> dict[str, Drawing]:
    """What draws payloads for each room."""
    found = {}
    for name, room in rooms.all.items():
        stock = Stock(room)
        stock.look()
        found[name] = Drawing(Random(7), stock)  # noqa: S311  # dice that repeat
    return found


def reach(grant: Grant, role: str) -> str | None:
    """Ask the house how far a role reaches."""
    assert grant.permission is not None
    try:
        caller = Caller("person:somebody", roles=(role,))
        return scope_of(caller, grant.permission, grant.service, grant.method).value
    except Forbidden:
        return None


def asked(drawings: dict[str, Drawing], counter: Counter, grant: Grant) -> dict[str, Any]:
    """Draw a request for one cell: of a plain record, of this kind."""
    drawing, row = drawings[grant.service], counter.rpcs()[grant.method]
    if not grant.record:
        return drawing.payload(row, counter.plain)
    return drawing.of_record(grant.method, counter.plain.resources[grant.record])


def questions(service: str, counter: Counter) -> Iterator[Grant]:
    """Name everything that can be asked without changing anything."""
    for grant in grants(service):
        if isinstance(counter.rpcs()[grant.method], Query):
            yield grant


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_tells_of_what_is_out_of_sight(
    rooms: Rooms, counters: dict[str, Counter], drawings: dict[str, Drawing], service: str
) -> None:
    told = []
    for grant in questions(service, counters[service]):
        for role in PARTIAL:
            if reach(grant, role) in {None, ALL}:
                continue
            token = rooms.people[EAST].token(rooms.all[service], role)
            for _ in range(TRIES):
                body = written(asked(drawings, counters[service], grant))
                answer = counters[service].ask(grant.method, body, token)
                if WEST in json.dumps([answer.result, answer.error]) and WEST not in body.decode():
                    told.append(f"{role}: {grant.method} {grant.record} asked {body!r}")

    assert told == []


@pytest.mark.parametrize("service", SERVICES)
def test_whoever_sees_a_part_finds_exactly_that_part(
    rooms: Rooms, counters: dict[str, Counter], service: str
) -> None:
    """A page, its end and its cursor tell nothing of what lies between."""
    room, counter = rooms.all[service], counters[service]
    for grant in grants(service):
        if grant.method != "find_records":
            continue
        for role in PARTIAL:
            if reach(grant, role) in {None, ALL}:
                continue
            everything = _paged(counter, room.person("g1", "admin"), grant.record)
            mine = _paged(counter, rooms.people[EAST].token(room, role), grant.record)

            theirs = {one["id"] for one in everything if one not in mine}
            assert [one for one in everything if one["id"] not in theirs] == mine
            assert WEST not in json.dumps(mine), (role, grant.record)


class TestLookingSomebodyUp:
    def test_a_number_of_the_other_territory_is_nobody_to_a_rep(self, rooms: Rooms) -> None:
        rep = rooms.people[EAST].token(rooms.accounts, "rep")

        mine = rooms.accounts.ask("identify", rep, {"phone": NUMBERS[EAST]})
        theirs = rooms.accounts.ask("identify", rep, {"phone": NUMBERS[WEST]})

        assert EAST in json.dumps(mine)
        assert WEST not in json.dumps(theirs)
        assert rooms.customers[WEST] not in json.dumps(theirs)

    def test_a_match_tells_a_rep_that_there_is_one_and_not_who(self, rooms: Rooms) -> None:
        rep = rooms.people[EAST].token(rooms.accounts, "rep")

        found = rooms.accounts.ask("find_matches", rep, {"phone": NUMBERS[WEST], "name": "Nobody"})

        assert WEST not in json.dumps(found)


@pytest.mark.parametrize("service", SERVICES)
def test_every_cell_is_decided_at_the_door_as_in_the_matrix(
    rooms: Rooms, counters: dict[str, Counter], drawings: dict[str, Drawing], service: str
) -> None:
    wrong = []
    for grant in grants(service):
        for role in ROLES:
            body = written(asked(drawings, counters[service], grant))
            token = rooms.people[EAST].token(rooms.all[service], role)
            answer = counters[service].ask(grant.method, body, token)
            allowed = reach(grant, role)
            if answer.category == "invalid":  # drawn badly; said before the right is asked for
                continue
            if answer.code == "auth.scope" and allowed not in {None, ALL}:  # a report over a part
                continue
            if (answer.code in DENIED) is not (allowed is None):
                wrong.append(f"{role}: {grant.method} {grant.record}: {answer.code}, not {allowed}")
            if allowed is None and answer.wrote:
                wrong.append(f"{role}: {grant.method} {grant.record} was refused and wrote")

    assert wrong == []


def _paged(counter: Counter, token: str, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        asked = {"kind": kind, "limit": 1, "after": after}
        answer = counter.ask("find_records", written(asked), token)
        assert answer.error is None, answer.error
        found += answer.result["items"]
        after = answer.result["next"]
        if after is None:
            return found
