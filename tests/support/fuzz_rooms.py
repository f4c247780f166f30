"""All six departments in this process, with people, customers and records of two territories.

Whatever belongs to the west has ``WEST`` in its words, so that a glance at an answer tells whether
something of the west is in it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.accounts.service import Accounts
from services.sales.service import Sales
from services.service_desk.service import ServiceDesk
from services.telephony.service import Telephony
from tests.support import telephony as calls
from tests.support.analytics import a_depot, an_analytics
from tests.support.marketing import a_marketing, a_segment, launched
from tests.support.marketing import run as go_on
from tests.support.sales import NextDoor, Room, a_room

WEST, EAST = "Zwest", "Zeast"
DEVICES = {WEST: "PJSIP/1001", EAST: "PJSIP/1002"}
NUMBERS = {WEST: "+12025550143", EAST: "+12025550144"}


@dataclass(frozen=True)
class Person:
    """Somebody of the staff, as a token says who that is."""

    id: str
    team: str
    territory: str

    def token(self, room: Room, role: str) -> str:
        """Sign in with a role."""
        return room.person(self.id, role, team=self.team, territories=(self.territory,))


class Rooms:
    """The six rooms, and who works in them."""

    def __init__(self, stack: ExitStack, folder: Path, url_of: Callable[[str], str]) -> None:
        def room(page: Any) -> Room:
            return stack.enter_context(a_room(page, url_of(page.name), folder))

        self.accounts, self.sales = room(Accounts), room(Sales)
        self.service_desk, self.telephony = room(ServiceDesk), room(Telephony)
        marketing = a_marketing(url_of("marketing"), folder)
        self.marketing = stack.enter_context(marketing)
        self.depot = stack.enter_context(a_depot(folder))
        analytics = an_analytics(url_of("analytics"), folder, self.depot)
        self.analytics = stack.enter_context(analytics)
        self.all = {
            one.page.name: one
            for one in (
                self.accounts, self.sales, self.service_desk, self.marketing, self.telephony,
                self.analytics,
            )
        }  # fmt: skip
        for one in self.all.values():
            one.runtime.link = NextDoor(*self.all.values())
        self.people: dict[str, Person] = {}
        self.customers: dict[str, str] = {}

    def admin(self, name: str) -> str:
        """Return the token of somebody who may do everything in a room."""
        return self.all[name].person("admin", "admin")

    def call(self, way: str, /, **payload: Any) -> Any:
        """Ask a room as its admin: ``service.method``."""
        name, _, method = way.partition(".")
        return self.all[name].ask(method, self.admin(name), payload)

    def carry(self) -> None:
        """Bring everything that was told to everybody who listens."""
        for source in self.all.values():
            carried = source._carried
            for other in self.all.values():
                if other is not source:
                    source._carried = carried
                    source.carry_to(other)

    def settle(self) -> None:
        """Let processes go on and tell what came of them."""
        for room in self.all.values():
            go_on(room)
        self.carry()


@contextmanager
def furnished(folder: Path, url_of: Callable[[str], str] | None = None) -> Iterator[Rooms]:
    """Open the six rooms with a west and an east in each, on SQLite unless told otherwise."""
    with ExitStack() as stack:
        rooms = Rooms(stack, folder, url_of or (lambda name: f"sqlite:///{folder / name}.db"))
        for mark, state in ((WEST, "California"), (EAST, "New York")):
            _staff(rooms, mark, state)
            _customer(rooms, mark, state)
        rooms.carry()
        for mark in (WEST, EAST):
            _sales(rooms, mark)
            _desk(rooms, mark)
            _call(rooms, mark)
        segment = a_segment(
            rooms.marketing, "persons", [{"fact": "lifecycle", "any_of": ["prospect", "customer"]}]
        )
        launched(rooms.marketing, segment_id=segment["id"])
        rooms.settle()
        yield rooms


def _staff(rooms: Rooms, mark: str, state: str) -> None:
    territory = rooms.call("accounts.register_territory", name=f"area {mark}", states=[state])
    team = rooms.call(
        "accounts.create_record", kind="team", values={"name": f"team {mark}"}
    )["id"]  # fmt: skip
    rep = rooms.call(
        "accounts.register_staff", name=f"Rep {mark}", roles=["rep"], team_id=team,
        territory_ids=[territory["id"]],
    )  # fmt: skip
    rooms.people[mark] = Person(rep["id"], team, territory["id"])


def _customer(rooms: Rooms, mark: str, state: str) -> None:
    made = rooms.call(
        "accounts.register_customer", name=f"Ada {mark}", state=state, phone=NUMBERS[mark],
        email=f"ada@{mark.lower()}.org", owner_id=rooms.people[mark].id,
    )  # fmt: skip
    id_ = rooms.customers[mark] = made["customer_id"]
    rooms.call("accounts.register_contact", customer_id=id_, name=f"Bea {mark}")
    rooms.call(
        "accounts.record_interaction",
        customer_id=id_,
        kind="meeting",
        subject=f"said {mark}",
        source="diary",
        source_key=mark,
    )


def _sales(rooms: Rooms, mark: str) -> None:
    rooms.call(
        "sales.capture_lead", source="web", name=f"Cyd {mark}", email=f"cyd@{mark}.org",
        state="California" if mark == WEST else "New York", country="US",
    )  # fmt: skip
    rooms.call(
        "sales.open_opportunity", customer_id=rooms.customers[mark], title=f"Desks {mark}",
        amount_minor=100, currency="USD",
    )  # fmt: skip


def _desk(rooms: Rooms, mark: str) -> None:
    rooms.call(
        "service_desk.open_case", type="complaint", channel="phone", subject=f"Wobbles {mark}",
        customer_id=rooms.customers[mark],
    )  # fmt: skip
    rooms.call("service_desk.invite_survey", customer_id=rooms.customers[mark], moment="in_sale")


def _call(rooms: Rooms, mark: str) -> None:
    device = DEVICES[mark]
    values = {"device": device, "staff_id": rooms.people[mark].id}
    rooms.call("telephony.create_record", kind="agent_device", values=values)
    told = calls.ACall(f"call-{mark}", ani=NUMBERS[mark]).offered().queued()
    calls.hear(rooms.telephony, *told.rings(device).answered().cleared().told)
