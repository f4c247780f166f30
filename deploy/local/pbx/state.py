"""What the replayed PBX has under way, as it says when it is asked."""

from collections.abc import Iterator
from datetime import datetime

UNKNOWN = "<unknown>"
_COPIED = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
    "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context", "Exten",
    "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
Fields = dict[str, str]


class State:
    """Channels, bridges and queues, kept from the events that were played."""

    def __init__(self) -> None:
        self._channels: dict[str, Fields] = {}
        self._begun: dict[str, datetime] = {}
        self._bridged: dict[str, str] = {}
        self._waiting: dict[str, Fields] = {}
        self._joined: dict[str, datetime] = {}
        self._members: dict[tuple[str, str], Fields] = {}
        self.at: datetime | None = None  # of its last event

    @property
    def calls(self) -> int:
        """Return how many calls are under way."""
        return len({one["Linkedid"] for one in self._channels.values()})

    def apply(self, fields: Fields, at: datetime) -> None:
        """Note what an event says."""
        self.at = max(self.at or at, at)
        kind, id_ = fields.get("Event", ""), fields.get("Uniqueid", "")
        if kind == "QueueMemberStatus":
            self._members[fields.get("Queue", ""), fields.get("Interface", "")] = fields
        if kind == "Newchannel":
            self._begun[id_] = at
            self._channels[id_] = {}
        if id_ not in self._channels:
            return
        self._channels[id_] |= {name: fields[name] for name in _COPIED if name in fields}
        self._note(kind, id_, fields, at)

    def _note(self, kind: str, id_: str, fields: Fields, at: datetime) -> None:
        if kind == "BridgeEnter":
            self._bridged[id_] = fields["BridgeUniqueid"]
        elif kind == "BridgeLeave":
            self._bridged.pop(id_, None)
        elif kind == "QueueCallerJoin":
            self._waiting[id_], self._joined[id_] = fields, at
        elif kind in {"QueueCallerLeave", "QueueCallerAbandon"}:
            self._waiting.pop(id_, None)
        elif kind == "Hangup":
            for kept in (self._channels, self._begun, self._bridged, self._waiting, self._joined):
                kept.pop(id_, None)

    def channels(self) -> Iterator[Fields]:
        """Yield the lines of CoreShowChannels."""
        for id_, one in self._channels.items():
            seconds = self._since(self._begun[id_])
            hours, minutes = seconds // 3600, seconds // 60 % 60
            yield (
                {"Event": "CoreShowChannel"}
                | one
                | {
                    "Application": "Queue" if id_ in self._waiting else "Dial",
                    "ApplicationData": "",
                    "Duration": f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}",
                    "BridgeId": self._bridged.get(id_, ""),
                }
            )

    def bridges(self) -> Iterator[Fields]:
        """Yield the lines of BridgeList."""
        inside = list(self._bridged.values())
        for bridge in dict.fromkeys(inside):
            yield {
                "Event": "BridgeListItem",
                "BridgeUniqueid": bridge,
                "BridgeType": "basic",
                "BridgeNumChannels": str(inside.count(bridge)),
            }

    def queues(self) -> Iterator[Fields]:
        """Yield the lines of QueueStatus."""
        waiting = [one.get("Queue", "") for one in self._waiting.values()]
        for queue in dict.fromkeys([name for name, _ in self._members] + waiting):
            calls = str(waiting.count(queue))
            yield {"Event": "QueueParams", "Queue": queue, "Max": "0", "Calls": calls}
            for (name, interface), one in self._members.items():
                if name == queue:
                    yield {"Event": "QueueMember", "Queue": queue, "Location": interface,
                           "Status": one.get("Status", "1"), "Paused": one.get("Paused", "0")}  # fmt: skip
            yield from self._entries(queue)

    def _entries(self, queue: str) -> Iterator[Fields]:
        inside = [id_ for id_, one in self._waiting.items() if one.get("Queue") == queue]
        for place, id_ in enumerate(inside, start=1):
            one = self._channels[id_]
            yield {
                "Event": "QueueEntry",
                "Queue": queue,
                "Position": str(place),
                "Channel": one["Channel"],
                "Uniqueid": id_,
                "CallerIDNum": one.get("CallerIDNum", UNKNOWN),
                "CallerIDName": one.get("CallerIDName", UNKNOWN),
                "Wait": str(self._since(self._joined[id_])),
                "Priority": "0",
            }

    def _since(self, begun: datetime) -> int:
        return int(max((self.at - begun).total_seconds(), 0)) if self.at else 0
