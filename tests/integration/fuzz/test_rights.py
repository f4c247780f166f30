"""Role by verb by method over the real way in, and what an answer tells of what one may not see."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from chassis.caller import Caller
from chassis.errors import Forbidden
from chassis.ids import new_id
from chassis.rows import Query
from chassis.tables import OwnedRecord
from chassis.visibility import scope_of
from contracts import SERVICES
from contracts.roles import ALL, ROLES
from rapport_cli.grants import Grant, grants
from tests.support.fuzz_calls import Answer, Counter, at_the_counters
from tests.support.fuzz_rooms import EAST, NUMBERS, WEST, Rooms, a_second_west, furnished
from tests.support.fuzz_stock import Stock
from tests.support.fuzz_values import Drawing, written
from tests.support.marketing import TEXTS
from tests.support.service_desk import token_of

DENIED = {"auth.permission_missing", "auth.call_not_allowed", "auth.scope"}
TRIES, FEW = 6, 3
MOST_QUESTIONS = 20  # until one is understood
MOST_DRAWS = 200  # until what is drawn is valid, or may be answered
# What is hardly ever drawn well, by the name of its field.
HARDLY_DRAWN: dict[str, Any] = {
    "all_of": [{"fact": "lifecycle", "any_of": ["customer"]}], "variants": TEXTS, "key": "spring",
    "day": "2017-03-01", "queue": "sales", "role": "agent", "zone": "UTC", "options": [], "rules": {}, "refers_to": None, "default": None,
    "week": {day: [["08:00", "18:00"]] for day in ("mon", "tue")},
    "level": "management", "joined_on": "2017-01-01",
    "facts": [{"kind": "usage", "value": "much", "source": "network", "period_start": "2017-01-01", "period_end": "2017-02-01"}],
}  # fmt: skip
UNWRITTEN = {"pbx_link"}  # kinds of record that nobody writes yet
PARTIAL = tuple(
    role for role, granted in ROLES.items() if any(reach != ALL for reach in granted.values())
)


@pytest.fixture(scope="module")
def drawings(rooms: Rooms) -> dict[str, Drawing]:
    """What draws payloads for each room."""
    return drawn_from(rooms)


def drawn_from(rooms: Rooms, mark: str | None = None) -> dict[str, Drawing]:
    """Look into each room for what can be asked for: all there is, or what is in one territory."""
    found = {}
    for name, room in rooms.all.items():
        stock = Stock(room, rooms.people[mark].territory if mark else None)
        stock.look()
        if name == "service_desk":  # which keeps but a digest of it
            stock.learn("token", token_of(room))
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
        return _drawn_well(drawing.payload(row, counter.plain))
    payload = drawing.of_record(grant.method, counter.plain.resources[grant.record])
    if "values" in payload:
        payload["values"] = _drawn_well(payload["values"])
    return payload


def _drawn_well(given: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if name == "level" and isinstance(value, int) else HARDLY_DRAWN.get(name, value)
        for name, value in given.items()
    }


def decided(
    drawings: dict[str, Drawing], counter: Counter, grant: Grant, token: str
) -> Answer | None:
    """Ask for one cell until what is drawn is valid: that is said before the right is asked for."""
    for _ in range(MOST_DRAWS):
        answer = counter.ask(grant.method, written(asked(drawings, counter, grant)), token)
        if answer.category != "invalid":
            return answer
    return None


def understood(
    drawings: dict[str, Drawing], counter: Counter, grant: Grant, token: str
) -> tuple[bytes, Answer]:
    """Ask until a question is one: whoever is told that it is not valid is told of nothing."""
    for _ in range(MOST_QUESTIONS):
        body = written(asked(drawings, counter, grant))
        answer = counter.ask(grant.method, body, token)
        if answer.category != "invalid":
            break
    return body, answer


def partial_views(rooms: Rooms, counter: Counter) -> Iterator[tuple[Grant, str, str]]:
    """Name each question with each role that sees a part of its answer, and a token of the east."""
    room = counter.room
    for grant in questions(room.page.name, counter):
        for role in PARTIAL:
            if reach(grant, role) not in {None, ALL}:
                yield grant, role, rooms.people[EAST].token(room, role)


def is_everybodys(counter: Counter, grant: Grant) -> bool:
    """Tell whether a plain record belongs to nobody, so that every role sees all of them."""
    return bool(grant.record) and not issubclass(
        counter.plain.resources[grant.record].record, OwnedRecord
    )


def questions(service: str, counter: Counter) -> Iterator[Grant]:
    """Name everything that can be asked without changing anything."""
    for grant in grants(service):
        if isinstance(counter.rpcs()[grant.method], Query):
            yield grant


@pytest.mark.parametrize("service", SERVICES)
def test_no_answer_tells_of_what_is_out_of_sight(
    rooms: Rooms, counters: dict[str, Counter], drawings: dict[str, Drawing], service: str
) -> None:
    told, unanswered, counter = [], [], counters[service]
    for grant, role, token in partial_views(rooms, counter):
        is_answered = grant.record in UNWRITTEN
        for draw in range(1, MOST_DRAWS):
            body = written(asked(drawings, counter, grant))
            answer = counter.ask(grant.method, body, token)
            if WEST in json.dumps([answer.result, answer.error]) and WEST not in body.decode():
                told.append(f"{role}: {grant.method} {grant.record} asked {body!r}")
            # A report is not over a part.
            is_answered = is_answered or answer.error is None or answer.code == "auth.scope"
            if is_answered and draw >= TRIES:
                break
        if not is_answered:
            unanswered.append(f"{role}: {grant.method} {grant.record}")

    assert told == []
    assert unanswered == [], unanswered


@pytest.mark.parametrize("service", SERVICES)
def test_a_customer_out_of_sight_is_as_one_who_is_not(
    rooms: Rooms, counters: dict[str, Counter], drawings: dict[str, Drawing], service: str
) -> None:
    told, counter, nobody = [], counters[service], new_id()
    for grant, role, token in partial_views(rooms, counter):
        accepts = counter.rpcs()[grant.method].accepts
        if accepts is None or "customer_id" not in accepts.fields:
            continue
        for _ in range(FEW):
            payload = asked(drawings, counter, grant)
            of_one, of_none = (
                counter.ask(grant.method, written(payload | {"customer_id": id_}), token)
                for id_ in (rooms.customers[WEST], nobody)
            )
            found = json.dumps([of_one.result, of_one.error])
            if _without_copy(found, rooms.customers[WEST]) != _without_copy(
                json.dumps([of_none.result, of_none.error]), nobody
            ):
                told.append(f"{role}: {grant.method} {payload} is answered {found}")

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
            token = rooms.people[EAST].token(rooms.all[service], role)
            answer = decided(drawings, counters[service], grant, token)
            allowed = reach(grant, role)
            if answer is None:
                wrong.append(f"{role}: {grant.method} {grant.record} was never drawn well")
                continue
            if answer.code == "auth.scope" and allowed not in {None, ALL}:  # a report over a part
                continue
            if (answer.code in DENIED and not _is_another(grant, answer)) is not (allowed is None):
                wrong.append(f"{role}: {grant.method} {grant.record}: {answer.code}, not {allowed}")
            if allowed is None and answer.wrote:
                wrong.append(f"{role}: {grant.method} {grant.record} was refused and wrote")

    assert wrong == [], wrong


def test_the_east_is_told_the_same_when_the_west_has_grown(tmp_path: Path) -> None:
    """A count or a sum names nobody: it tells of the west by what it is."""
    with furnished(tmp_path) as rooms, at_the_counters(rooms.all) as counters:
        own, every, before = drawn_from(rooms, EAST), drawn_from(rooms), []
        for counter in counters.values():
            for grant, role, token in partial_views(rooms, counter):
                if not is_everybodys(counter, grant):
                    for number in range(FEW if grant.record else 2 * TRIES):
                        drawings = every if number % 3 == 2 else own
                        body, answer = understood(drawings, counter, grant, token)
                        before.append((counter, grant, role, token, body, answer))

        a_second_west(rooms)

        changed = [
            f"{role}: {grant.method} {grant.record} asked {body!r}: {now.result}, not {was.result}"
            for counter, grant, role, token, body, was in before
            if (now := counter.ask(grant.method, body, token)).result != was.result
        ]
    assert len([was for *_, was in before if was.error is None]) > len(before) / 2
    assert changed == []


def _is_another(grant: Grant, answer: Answer) -> bool:
    """Tell whether it was another right that was missing, which only this payload needed."""
    assert answer.error is not None
    return answer.error["detail"].get("permission", grant.permission) != grant.permission


def _without_copy(answer: str, customer_id: str) -> Any:
    """Leave out whose it is, and how fresh the service's copy of that one is."""
    result, error = json.loads(answer.replace(customer_id, "somebody"))
    if isinstance(result, dict):
        result.pop("copy", None)
    return result, error


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
