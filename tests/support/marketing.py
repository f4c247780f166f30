"""Marketing that has heard of customers, and the things that its tests need."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update

from chassis import processes
from chassis.tables import PROCESSES
from contracts.accounts import ConsentRecorded, CustomerRecorded
from contracts.sales import OrderPlaced, OrderRevised
from contracts.service_desk import SurveyInvited
from services.marketing.config import Own
from services.marketing.service import Marketing
from services.marketing.tables import Send
from tests.support.sales import DAY, Room, a_room

NOBODY = "smtp://127.0.0.1:1"  # nothing listens there
PUBLIC = "https://example.org"
VIPS = [{"fact": "tier", "any_of": ["vip"]}]
TEXTS = {
    "en": {"subject": "Hello {{ name }}", "text": "News. {{ unsubscribe_url }}"},
    "fr": {
        "subject": "Bonjour {{ name }}",
        "text": "Nouvelles. {{ unsubscribe_url }}",
        "html": '<p>{{ name }}</p><a href="{{ unsubscribe_url }}">x</a>',
    },
}
INVITATION = {"en": {"subject": "How was it?", "text": "Tell us: {{ link }}"}}


@contextmanager
def a_marketing(url: str, keys: Path, smtp_uri: str = NOBODY) -> Iterator[Room]:
    """Open a room of marketing's."""
    with a_room(Marketing, url, keys) as room:
        room.runtime.own = Own(smtp_uri=smtp_uri, public_uri=PUBLIC)
        yield room


def marketer(room: Room) -> str:
    """Return the token of a marketer."""
    return room.person("m1", "marketer")


# -- what others tell ------------------------------------------------------------------------------


def know_customer(room: Room, id_: str = "c1", *, version: int = 1, **fields: Any) -> None:
    """Let marketing hear of a customer."""
    known = {"kind": "person", "name": f"Name of {id_}", "email": f"{id_}@example.com"} | fields
    told = CustomerRecorded(customer_id=id_, version=version, **known)
    room.hear("customers", told, version)
    room.hear("customer_facts", told, version)


def allow(
    room: Room, id_: str = "c1", *, granted: bool = True, version: int = 1, at: datetime = DAY,
    **fields: Any,
) -> None:  # fmt: skip
    """Let marketing hear what a customer allows."""
    given = {"purpose": "marketing", "channel": "mail"} | fields
    told = ConsentRecorded(
        consent_id=f"consent-{id_}-{given['purpose']}-{given['channel']}", version=version,
        customer_id=id_, basis="consent" if granted else "withdrawn", granted=granted, at=at,
        **given,
    )  # fmt: skip
    room.hear("consents", told, version)


def know_order(
    room: Room, id_: str, on: str, *, customer_id: str = "c1", version: int = 1, **fields: Any
) -> None:
    """Let marketing hear of an order in its first or in a later revision."""
    kind = OrderPlaced if version == 1 else OrderRevised
    order = {
        "order_id": id_, "version": version, "external_system": "erp", "external_id": id_,
        "revision": version, "customer_id": customer_id, "ordered_on": on, "currency": "USD",
        "total_minor": 1000, "line_count": 0, "lines": (), "status": "placed",
    }  # fmt: skip
    room.hear("order_facts", kind(**order | fields))


def invite(room: Room, survey_id: str = "s1", **fields: Any) -> None:
    """Let marketing hear that somebody is to be asked."""
    told = {
        "survey_id": survey_id, "customer_id": "c1", "moment": "post_sale",
        "template": "survey_invitation", "token": "secret-token",
    }  # fmt: skip
    room.hear("survey_invitations", SurveyInvited(**told | fields))


# -- what people do --------------------------------------------------------------------------------


def run(room: Room) -> None:
    """Let every process that may go on do so now."""
    with room.runtime.database.begin() as session:
        session.execute(update(PROCESSES).values(next_try=0.0))
    processes.resume_due(room.runtime)


def a_segment(room: Room, key: str = "vips", all_of: Any = None) -> dict[str, Any]:
    """Define a segment and hold everybody known against it."""
    given = {"key": key, "label": key, "all_of": all_of or VIPS}
    defined = room.ask("define_segment", marketer(room), given)
    run(room)
    return dict(room.call("get_record", marketer(room), kind="segment", id=defined["id"]))


def a_template(room: Room, key: str = "news", **fields: Any) -> dict[str, Any]:
    """Save a template."""
    given = {"key": key, "purpose": "marketing", "variants": TEXTS} | fields
    return dict(room.ask("save_template", marketer(room), given))


def a_campaign(room: Room, key: str = "spring", **fields: Any) -> dict[str, Any]:
    """Draw up a campaign for the very important customers."""
    given = {"key": key, "label": key, "responses": ["asked"], "window_days": 30} | fields
    given.setdefault("segment_id", fields.get("segment_id") or a_segment(room, f"{key}_vips")["id"])
    given.setdefault("template_id", a_template(room, f"{key}_news")["id"])
    return dict(room.ask("draft_campaign", marketer(room), given))


def launch(room: Room, campaign: dict[str, Any]) -> dict[str, Any]:
    """Launch a campaign; its messages are planned, none is sent yet."""
    return dict(
        room.call(
            "launch_campaign", marketer(room), campaign_id=campaign["id"],
            version=campaign["version"],
        )
    )  # fmt: skip


def launched(room: Room, **fields: Any) -> dict[str, Any]:
    """Draw up a campaign and launch it."""
    campaign = a_campaign(room, **fields)
    launch(room, campaign)
    return campaign


def fates(room: Room) -> dict[str, tuple[str, str | None]]:
    """Return what became of the message to each customer."""
    return {
        one.customer_id: (one.status.value, one.reason.value if one.reason else None)
        for one in room.rows(Send)
    }
