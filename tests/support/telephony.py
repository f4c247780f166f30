"""Calls as the bridge would tell them, and a telephony with accounts and sales next door."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
from sqlalchemy import update

from chassis import processes
from chassis.errors import NotFound, Problem
from chassis.tables import PROCESSES
from contracts import cti
from contracts.accounts import CustomerRecorded
from contracts.cti import CallTold, Leg
from deploy.local.house import House
from tests.support.sales import NextDoor, Room, told_now

ADA = "+12025550143"
NINE = datetime(2017, 3, 1, 9, 2, tzinfo=UTC)
DEVICE, SECOND_DEVICE = "PJSIP/1001", "PJSIP/1002"


@dataclass
class ACall:
    """A call that is told step by step; ``told`` are its events in order."""

    call_id: str = "k1"
    at: datetime = NINE
    direction: str = "inbound"
    ani: str | None = ADA
    dnis: str | None = "8001"
    basis: str = "live"
    data: dict[str, str] | None = None
    told: list[CallTold] = field(default_factory=list)

    def offered(self) -> "ACall":
        """Let it reach the PBX."""
        return self._tell(
            cti.CallOffered, state="offered", started_at=self.at, ani=self.ani,
            ani_raw=self.ani, dnis=self.dnis, data=self.data,
            legs=(Leg(leg_id="caller", role="caller", device="PJSIP/trunk", state="initiated",
                      started_at=self.at),),
        )  # fmt: skip

    def queued(self, queue: str = "sales", *, seconds: float = 0.5) -> "ACall":
        """Let the caller begin to wait."""
        self._wait(seconds)
        return self._tell(cti.CallQueued, state="queued", queue=queue, queued_at=self.at)

    def rings(self, device: str = DEVICE, *, seconds: float = 0.5) -> "ACall":
        """Let an agent's phone ring."""
        self._wait(seconds)
        leg = Leg(
            leg_id=f"agent-{len(self.last.legs)}", role="agent", device=device, state="alerting",
            started_at=self.at, alerting_at=self.at,
        )  # fmt: skip
        delivered_at = self.last.delivered_at or self.at
        return self._tell(
            cti.CallDelivered, state="alerting", device=device, delivered_at=delivered_at,
            legs=(*self.last.legs, leg),
        )  # fmt: skip

    def in_vain(self, *, seconds: float = 10) -> "ACall":
        """Let the phone that rings stop ringing."""
        self._wait(seconds)
        gone = replace(self.last.legs[-1], state="failed", ended_at=self.at, outcome="no_answer")
        legs = (*self.last.legs[:-1], gone)
        return self._tell(cti.CallDiverted, state="queued", device=None, legs=legs)

    def answered(self, *, seconds: float = 4) -> "ACall":
        """Let the agent whose phone rings answer."""
        self._wait(seconds)
        up = replace(self.last.legs[-1], state="connected", connected_at=self.at)
        begun = self.last.queued_at or self.last.delivered_at or self.at
        return self._tell(
            cti.CallEstablished, state="connected", established_at=self.at,
            legs=(*self.last.legs[:-1], up), wait_seconds=(self.at - begun).total_seconds(),
        )  # fmt: skip

    def cleared(self, outcome: str = "answered", *, seconds: float = 60) -> "ACall":
        """Let it end."""
        self._wait(seconds)
        talked, queued = self.last.established_at, self.last.queued_at
        waited = self.last.wait_seconds
        if waited is None and queued is not None:
            waited = (self.at - queued).total_seconds()
        return self._tell(
            cti.CallCleared, state="cleared", outcome=outcome, ended_at=self.at,
            end_reason="caller", wait_seconds=waited,
            talk_seconds=(self.at - talked).total_seconds() if talked else None,
            hold_seconds=0.0 if talked else None,
        )  # fmt: skip

    @property
    def last(self) -> CallTold:
        """What was told last."""
        return self.told[-1]

    def _wait(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def _tell(self, kind: type[CallTold], **changes: Any) -> "ACall":
        known: dict[str, Any] = {
            "call_id": self.call_id, "pbx": "pbx1", "boot_id": "b1", "linkedid": f"l-{self.call_id}",
            "direction": self.direction,
        }  # fmt: skip
        if self.told:
            names = CallTold.__dataclass_fields__
            known = {name: getattr(self.told[-1], name) for name in names}
        known |= {"at": self.at, "seq": len(self.told) + 1, "basis": self.basis} | changes
        self.told.append(kind(**known))
        return self


def answered_call(call_id: str = "k1", **fields: Any) -> list[CallTold]:
    """Return an inbound call through the queue that was answered."""
    return ACall(call_id, **fields).offered().queued().rings().answered().cleared().told


def abandoned_call(call_id: str = "k1", *, seconds: float = 30, **fields: Any) -> list[CallTold]:
    """Return an inbound call whose caller gave up waiting."""
    call = ACall(call_id, **fields).offered().queued()
    return call.cleared("abandoned", seconds=seconds).told


def hear(room: Room, *events: CallTold, id_: str = "") -> None:
    """Let telephony hear what the bridge told, in this order; with ``id_`` under fixed ids."""
    for event in events:
        name = f"{id_}-{event.call_id}-{event.seq}" if id_ else None
        room.hear("calls_told", event, event.seq, name)


def go_on(room: Room) -> int:
    """Let the processes go on that are due; return how many did."""
    return processes.resume_due(room.runtime)


def go_on_anyway(room: Room) -> int:
    """Let every process that waits go on now."""
    with room.runtime.database.begin() as session:
        waiting = PROCESSES.c.status == "running"
        session.execute(update(PROCESSES).where(waiting).values(next_try=0.0))
    return processes.resume_due(room.runtime)


def pops(room: Room) -> list[dict[str, Any]]:
    """Return what was to pop so far."""
    return room.told("telephony.screen.popped.v1")


def know_customer(room: Room, id_: str, *, sequence: int = 1, **fields: Any) -> None:
    """Let telephony hear of a customer."""
    known = {
        "name": "Ada Ames", "kind": "person", "version": sequence, "owner_id": "r1",
        "team_id": "t1", "territory_id": "west",
    }  # fmt: skip
    room.hear("customers", CustomerRecorded(customer_id=id_, **known | fields), sequence)


class Neighbours(NextDoor):
    """The way next door; whoever does not live there was never declared, and some may be away."""

    def __init__(self, *rooms: Room) -> None:
        super().__init__(*rooms)
        self.away: dict[str, Problem] = {}

    def call(self, service: str, method: str, payload: dict[str, Any], **options: Any) -> object:
        """Ask, and rebuild an error as a caller would see it."""
        if service in self.away:
            raise self.away[service]
        if service not in self.rooms:
            raise NotFound(f"There is no service {service}.", code="rpc.unknown_service")
        return super().call(service, method, payload, **options)


def types(told: Sequence[Any]) -> list[str]:
    """Return the types of the events of an outbox."""
    return [row.routing_key.removeprefix("telephony.").removesuffix(".v1") for row in told]


class Bridge:
    """Tells the house calls as the bridge does: its broker user, its exchange, its envelope."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._connection = pika.BlockingConnection(pika.URLParameters(house.uri_of("cti")))
        self._channel = self._connection.channel()
        self._channel.confirm_delivery()

    def tell(self, *events: CallTold) -> None:
        """Publish events, each under the id that it has for ever."""
        for event in events:
            id_ = f"{event.boot_id}-{event.call_id}-{event.seq}"
            told = told_now(event, event.at, event.seq, id_)
            self._channel.basic_publish(
                "cti.private", told.routing_key, told.body, mandatory=True,
                properties=pika.BasicProperties(
                    headers=told.headers, message_id=id_, delivery_mode=2,
                    content_type="application/json",
                ),
            )  # fmt: skip

    def close(self) -> None:
        """Leave."""
        self._connection.close()


class Ear:
    """Hears everything that telephony tells, private things too, and when it came."""

    def __init__(self, house: House) -> None:
        self._lock = threading.Lock()
        self._heard: list[tuple[str, dict[str, Any]]] = []
        self._connection = pika.BlockingConnection(pika.URLParameters(house.broker.amqp_uri))
        channel = self._connection.channel()
        queue = channel.queue_declare("", exclusive=True).method.queue
        for exchange in ("telephony.private", "telephony.events"):
            channel.queue_bind(queue, exchange, "#")
        channel.basic_consume(queue, self._hear, auto_ack=True)
        self._channel = channel
        self._thread = threading.Thread(target=channel.start_consuming, daemon=True)
        self._thread.start()

    def heard(self, type_: str, call_id: str | None = None) -> list[dict[str, Any]]:
        """Return what was told of one type, once per event id, of one call or all."""
        with self._lock:
            return [
                body
                for name, body in self._heard
                if name == f"telephony.{type_}.v1" and call_id in {None, body.get("call_id")}
            ]

    def close(self) -> None:
        """Stop hearing."""
        self._connection.add_callback_threadsafe(self._channel.stop_consuming)
        self._thread.join(timeout=10)
        self._connection.close()

    def _hear(self, _: Any, method: Any, properties: Any, body: bytes) -> None:
        with self._lock:
            if all(known["ce-id"] != properties.headers["ce-id"] for _, known in self._heard):
                told = json.loads(body) | {"ce-id": properties.headers["ce-id"]}
                self._heard.append((method.routing_key, told))
