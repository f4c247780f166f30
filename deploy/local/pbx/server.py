"""The replayed PBX: a TCP server that speaks the manager interface, and breaks when it is told to."""

import hmac
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from chassis.clock import real_now
from deploy.local.machine import LOOPBACK, CannotRun
from deploy.local.pbx.playing import Numbering, Play, Told, events, together
from deploy.local.pbx.session import Session
from deploy.local.pbx.state import State

Fields = dict[str, str]
PIECE = 100  # events that are told in one piece, at most


class ReplayPbx:
    """Plays captured calls to whoever has logged in; use it as a context manager.

    What is told while nobody listens is gone, as with a real PBX; what is under way can be asked for.

    :raises CannotRun: if the port is taken.
    """

    def __init__(
        self, port: int = 0, secret: str = "secret", *, user: str = "bridge",  # noqa: S107 - loopback only
        system: str = "pbx1", booted: datetime | None = None,
    ) -> None:  # fmt: skip
        self._user, self._secret, self.system = user, secret, system
        self.booted = (booted or real_now()).replace(microsecond=0)
        self.lock = threading.RLock()
        self.silent = False
        self.logins = 0  # so far: another number says that somebody was away in between
        self._port = port
        self._server: socket.socket | None = None
        self._sessions: list[Session] = []
        self._state, self._numbering = State(), Numbering(system)
        self._left: int | None = None  # bytes until the line is cut
        self._listen()

    # -- where -------------------------------------------------------------------------------------

    @property
    def port(self) -> int:
        """The port that it listens on, also while it is down."""
        return self._port

    @property
    def uri(self) -> str:
        """The address as the bridge's setting has it."""
        return f"ami://{self._user}:{self._secret}@{LOOPBACK}:{self._port}"

    @property
    def listeners(self) -> int:
        """How many have logged in."""
        with self.lock:
            self._sessions = [one for one in self._sessions if one.open]
            return sum(one.logged_in for one in self._sessions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    # -- what it plays -----------------------------------------------------------------------------

    def events(self, play: Play | str) -> Iterator[Told]:
        """Yield the events of a playing without telling them."""
        wanted = Play(play) if isinstance(play, str) else play
        return events(wanted, self._numbering, real_now())

    def tell(self, *told: Told) -> None:
        """Tell events to all who listen, in one piece."""
        with self.lock:
            for one in told:
                self._state.apply(one.fields(), one.at)
            self._send(b"".join(one.data for one in told))

    def play(self, *plays: Play | str, speed: float | None = None) -> int:
        """Play captures together, each from its own instant; return how many events were told.

        ``speed`` 1 is as it was, 10 ten times as fast, None as fast as it is taken.
        """
        told = together([self.events(one) for one in plays])
        if speed is not None:
            return self.pace(told, speed)
        return sum(1 for _ in map(self.tell, told))

    def pace(self, line: Iterable[Told], speed: float, *, tick: float = 0.0) -> int:
        """Tell events at their instants, the first now; return how many were told.

        With a ``tick`` what is due within so many seconds is told in one piece: at hundreds of calls
        a second to wake for each event would leave little of the processor to whoever listens.
        """
        count, begun, first = 0, time.monotonic(), None
        due: list[Told] = []
        for told in line:
            first = first or told.at
            early = begun + (told.at - first).total_seconds() / speed - time.monotonic()
            if early > 0 or len(due) >= (PIECE if tick else 1):
                self.tell(*due)
                due.clear()
            if early > 0:
                time.sleep(max(early, tick))
            due.append(told)
            count += 1
        self.tell(*due)
        return count

    # -- how it breaks -----------------------------------------------------------------------------

    def cut(self) -> None:
        """End every connection; the calls go on, and new connections are taken."""
        with self.lock:
            for one in self._sessions:
                one.close()
            self._sessions, self._left = [], None

    def cut_after(self, count: int) -> None:
        """End every connection after so many more bytes of events, in the middle of one if need be."""
        with self.lock:
            self._left = count

    def silence(self, silent: bool = True) -> None:
        """Say nothing more and answer nothing, with the connections held open; or speak again."""
        with self.lock:
            self.silent = silent

    def kill(self, told: Told | None = None, count: int = 0) -> None:
        """Stop being there, if told so in the middle of an event: after so many of its bytes."""
        with self.lock:
            if told is not None:
                self._send(told.data[:count])
            server, self._server = self._server, None
            if server is not None:
                with suppress(OSError):
                    server.shutdown(socket.SHUT_RDWR)
                server.close()
            self.cut()

    def boot(self) -> None:
        """Be there again as another run of itself: nothing is under way."""
        with self.lock:
            self.booted = max(real_now().replace(microsecond=0), self.booted + timedelta(seconds=1))
            self._state = State()
            self.silent = False
            self._listen()

    # -- what its sessions ask ---------------------------------------------------------------------

    def let_in(self, user: str, secret: str) -> bool:
        """Say whether a client may log in."""
        same = hmac.compare_digest(secret.encode(), self._secret.encode())
        welcome = same and user == self._user
        self.logins += welcome
        return welcome

    def greeting(self) -> Fields:
        """Return what is told to whoever has logged in."""
        up = str(max(int((real_now() - self.booted).total_seconds()), 0))
        return {"Event": "FullyBooted", "Privilege": "system,all", "Uptime": up,
                "LastReload": up, "Status": "Fully Booted"}  # fmt: skip

    def answer(self, action: Fields) -> list[Fields]:
        """Return the answer to an action."""
        name = action.get("Action", "").lower()
        if name in _LISTS:
            return self._listed(name)
        if name in _PLAIN:
            return [{"Response": "Success"} | self._plain(name)]
        said = "Invalid/unknown command" if name else "Missing action in request"
        return [{"Response": "Error", "Message": said}]

    def _plain(self, name: str) -> Fields:
        day, clock = f"{self.booted:%Y-%m-%d}", f"{self.booted:%H:%M:%S}"
        found: dict[str, Fields] = {
            "ping": {"Ping": "Pong", "Timestamp": f"{(self._state.at or real_now()).timestamp():.6f}"},
            "coresettings": {"AMIversion": "11.0.0", "SystemName": self.system},
            "corestatus": {"CoreStartupDate": day, "CoreStartupTime": clock,
                           "CoreCurrentCalls": str(self._state.calls)},
            "logoff": {"Message": "Thanks for all the fish."},
        }  # fmt: skip
        return found[name]

    def _listed(self, name: str) -> list[Fields]:
        event, complete = _LISTS[name]
        lines = list(getattr(self._state, event)())
        end = {"Event": complete, "EventList": "Complete", "ListItems": str(len(lines))}
        return [{"Response": "Success", "EventList": "start", "Message": "follows"}, *lines, end]

    # -- connections -------------------------------------------------------------------------------

    def _listen(self) -> None:
        try:
            server = socket.create_server((LOOPBACK, self._port))
        except OSError as taken:
            raise CannotRun(f"Port {self._port} for the PBX is taken.") from taken
        self._server, self._port = server, int(server.getsockname()[1])
        threading.Thread(target=self._accept, args=(server,), name="pbx", daemon=True).start()

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with self.lock:
                if self._server is not server:
                    line.close()
                    return
                session = Session(self, line)
                self._sessions.append(session)
                session.start()

    def _send(self, data: bytes) -> None:
        if self.silent:
            return
        part = data if self._left is None else data[: self._left]
        for one in self._sessions:
            if one.logged_in and one.open:
                one.send(part)
        if self._left is not None:
            self._left -= len(part)
            if self._left <= 0:
                self.cut()


_LISTS = {
    "coreshowchannels": ("channels", "CoreShowChannelsComplete"),
    "bridgelist": ("bridges", "BridgeListComplete"),
    "queuestatus": ("queues", "QueueStatusComplete"),
}
_PLAIN = frozenset({"ping", "coresettings", "corestatus", "logoff"})
