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
from tests.support.analytics import LONG_AGO, a_customer, a_depot, an_analytics, an_order
from tests.support.fuzz_dealings import ask_for_access, attach_files, merge_two, put_in_pool
from tests.support.fuzz_party import know_party, relate
from tests.support.marketing import a_marketing, a_segment, launched
from tests.support.marketing import run as go_on
from tests.support.sales import NextDoor, Room, a_room
from tests.support.service_desk import answer, token_of

WEST, EAST = "Zwest", "Zeast"
WEST_TOO = f"{WEST} too"
DEVICES = {WEST: "PJSIP/1001", EAST: "PJSIP/1002", WEST_TOO: "PJSIP/1003"}
NUMBERS = {WEST: "+12025550143", EAST: "+12025550144", WEST_TOO: "+12025550145"}
PRODUCT = {"sku": "OFF-1", "name": "Desk", "category": "Furniture", "sub_category": "Desks"}
GIFTS = {"offer": "gifts", "level": "withheld", "reason": "cost"}
OUR_NUMBER = {"dnis": "+12025550100", "purpose": "sales"}


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
        self.link = NextDoor(*self.all.values())
        for one in self.all.values():
            one.runtime.link = self.link
        self.people: dict[str, Person] = {}
        self.clerks: dict[str, str] = {}
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

    def answer_survey(self) -> None:
        """Answer the survey that was sent last."""
        answer(self.service_desk, token_of(self.service_desk))

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
        for kind in ("customer", "contact"):
            _fields(rooms, kind)
        for mark, state in ((WEST, "California"), (EAST, "New York")):
            _staff(rooms, mark, state)
            _customer(rooms, mark, state)
            put_in_pool(rooms, mark, state)
            merge_two(rooms, mark, state)
        relate(rooms, WEST, EAST)
        rooms.carry()
        rooms.call("sales.create_record", kind="product", values=PRODUCT)
        rooms.call("telephony.create_record", kind="dialled_number", values=OUR_NUMBER)
        rooms.call("accounts.set_policy_cell", version=0, entries=[GIFTS])
        for mark in (WEST, EAST):
            _business(rooms, mark)
        segment = a_segment(
            rooms.marketing, "persons", [{"fact": "lifecycle", "any_of": ["prospect", "customer"]}]
        )
        launched(rooms.marketing, segment_id=segment["id"])
        rooms.call("analytics.score_customers")
        rooms.settle()  # the scores are told, and accounts keeps the tiers
        rooms.settle()  # which it tells to everybody else
        yield rooms


def a_second_west(rooms: Rooms) -> None:
    """Let the west grow by as much as there is of it; the east stays as it was.

    Nobody is scored again: a rank is among all customers, and is meant to move with them.
    """
    _staff(rooms, WEST_TOO, "Oregon")
    _customer(rooms, WEST_TOO, "Oregon")
    put_in_pool(rooms, WEST_TOO, "Oregon")
    rooms.carry()
    _business(rooms, WEST_TOO)
    rooms.settle()


def _business(rooms: Rooms, mark: str) -> None:
    _sales(rooms, mark)
    _desk(rooms, mark)
    _call(rooms, mark)
    _history(rooms, mark)


def _staff(rooms: Rooms, mark: str, state: str) -> None:
    territory = rooms.call("accounts.register_territory", name=f"area {mark}", states=[state])
    team = rooms.call(
        "accounts.create_record", kind="team", values={"name": f"team {mark}"}
    )["id"]  # fmt: skip
    rep = rooms.call(
        "accounts.register_staff", name=f"Rep {mark}", roles=["rep"], team_id=team,
        territory_ids=[territory["id"]],
    )  # fmt: skip
    clerk = rooms.call(
        "accounts.register_staff", name=f"Clerk {mark}", roles=["agent"], team_id=team,
        territory_ids=[territory["id"]],
    )  # fmt: skip
    rooms.clerks[mark] = clerk["id"]
    rooms.people[mark] = Person(rep["id"], team, territory["id"])


def _fields(rooms: Rooms, kind: str) -> None:
    for key, given in {"hobby": {"type": "text"}, "mood": {"type": "boolean"}}.items():
        rooms.call(
            "accounts.define_field", kind=kind, key=key, label=key, searchable=True, **given
        )  # fmt: skip


def _customer(rooms: Rooms, mark: str, state: str) -> None:
    made = rooms.call(
        "accounts.register_customer", name=f"Ada {mark}", state=state, phone=NUMBERS[mark],
        email=f"ada@{_domain(mark)}", owner_id=rooms.people[mark].id,
        custom={"hobby": f"plays {mark}"},
    )  # fmt: skip
    id_ = rooms.customers[mark] = made["customer_id"]
    rooms.call("accounts.register_contact", customer_id=id_, name=f"Bea {mark}")
    if mark == EAST:  # what is shared is for everybody: the west shares nothing
        rooms.call("accounts.share_customer", customer_id=id_, version=1, shared=True)
    rooms.call("accounts.ask_consent", customer_id=id_, channel="sms")
    rooms.call(
        "accounts.raise_flag", customer_id=id_, kind="do_not_contact", channel="social",
        reason="customer_asked", note=f"said {mark}",
    )  # fmt: skip
    said = rooms.call(
        "accounts.record_interaction",
        customer_id=id_,
        kind="meeting",
        subject=f"said {mark}",
        source="diary",
        source_key=mark,
    )
    know_party(rooms, mark)
    attach_files(rooms, mark, said["interaction_id"])
    ask_for_access(rooms, mark)


def _sales(rooms: Rooms, mark: str) -> None:
    rooms.call(
        "sales.capture_lead", source="web", name=f"Cyd {mark}", email=f"cyd@{_domain(mark)}",
        state="New York" if mark == EAST else "California", country="US",
    )  # fmt: skip
    opened = rooms.call(
        "sales.open_opportunity", customer_id=rooms.customers[mark], title=f"Desks {mark}",
        amount_minor=100, currency="USD",
    )  # fmt: skip
    (product,) = rooms.call("sales.find_records", kind="product")["items"]
    line = {"product_id": product["id"], "quantity": 3, "unit_price": "10.00"}
    rooms.call(
        "sales.draft_quote", opportunity_id=opened["id"], currency="USD", lines=[line],
        valid_until="2017-03-20T00:00:00Z",
    )  # fmt: skip
    rooms.call(
        "sales.place_order", customer_id=rooms.customers[mark], ordered_on="2017-03-01",
        currency="USD", lines=[{"sku": product["sku"], "quantity": 1, "amount_minor": 500}],
    )  # fmt: skip


def _desk(rooms: Rooms, mark: str) -> None:
    rooms.call(
        "service_desk.open_case", type="complaint", channel="phone", subject=f"Wobbles {mark}",
        customer_id=rooms.customers[mark],
    )  # fmt: skip
    rooms.call("service_desk.invite_survey", customer_id=rooms.customers[mark], moment="in_sale")
    rooms.answer_survey()
    closed = rooms.call(
        "service_desk.open_case", type="complaint", channel="phone", subject=f"Breaks {mark}",
        customer_id=rooms.customers[mark], assignee_id=rooms.clerks[mark],
    )  # fmt: skip
    for method, more in (
        ("resolve_case", {"resolution": "compensated"}),
        ("tell_outcome", {"channel": "phone", "customer_view": "satisfied"}),
        ("close_case", {}),
    ):
        case = rooms.call("service_desk.get_record", kind="case", id=closed["id"])
        rooms.call(
            f"service_desk.{method}", case_id=case["id"], version=case["version"], **more
        )  # fmt: skip
    rooms.answer_survey()


def _call(rooms: Rooms, mark: str) -> None:
    device = DEVICES[mark]
    values = {"device": device, "staff_id": rooms.people[mark].id}
    rooms.call("telephony.create_record", kind="agent_device", values=values)
    told = calls.ACall(f"call-{mark}", ani=NUMBERS[mark]).offered().queued()
    calls.hear(rooms.telephony, *told.rings(device).answered().cleared().told)
    rooms.call("telephony.request_callback", call_id=f"call-{mark}", note=f"again {mark}")


def _history(rooms: Rooms, mark: str) -> None:
    """Let the warehouse know of an order, so that the customer can be scored."""
    id_ = rooms.customers[mark]
    order = an_order(f"before {mark}", id_, 900, on="2016-01-01")
    rooms.depot.warehouse.tell(a_customer(id_), order, at=LONG_AGO)


def _domain(mark: str) -> str:
    return f"{mark.lower().replace(' ', '-')}.org"
