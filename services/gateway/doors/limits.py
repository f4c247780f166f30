"""How much anybody may ask: per address, per token, and all together."""

import ipaddress
import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from types import TracebackType

from starlette.requests import Request

from chassis.errors import Refused, Unavailable

MINUTE_SECONDS = 60.0
TOKEN_PER_MINUTE = 20
LINK_TIMES = 20  # what is posted to links, of as much as one address may ask for otherwise
MAX_KNOWN = 50_000  # buckets that are kept; whoever asked longest ago is forgotten first
MAX_INSIDE = 100  # calls to services at once
NETWORK_BITS = 64  # one household or server has at least so much of IPv6
_PORTED = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")  # as some proxies write whom they heard


class TooManyRequests(Refused):
    """Refuse somebody who asks too often."""

    status = 429
    code = "gateway.too_many_requests"


class Busy(Unavailable):
    """Refuse what there is no room for."""

    code = "gateway.busy"


class Buckets:
    """A bucket of requests for each key, filled at a steady rate."""

    def __init__(
        self,
        per_minute: int,
        *,
        most: int = MAX_KNOWN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size, self._per_second = float(per_minute), per_minute / MINUTE_SECONDS
        self._most, self._clock = most, clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> None:
        """Take one request out of a bucket.

        :raises TooManyRequests: if it is empty, with the seconds until it is not.
        """
        now = self._clock()
        left, since = self._known.pop(key, (self._size, now))
        left = min(self._size, left + (now - since) * self._per_second)
        granted = left >= 1
        self._known[key] = (left - 1 if granted else left, now)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        if not granted:
            seconds = math.ceil((1 - left) / self._per_second)
            raise TooManyRequests(
                f"That was too often; ask again in {seconds} s.", detail={"retry_after": seconds}
            )

    def __len__(self) -> int:
        return len(self._known)


class Turnstile:
    """Let only so many in at once."""

    def __init__(self, most: int = MAX_INSIDE) -> None:
        self._most, self._inside = most, 0

    def __enter__(self) -> None:
        if self._inside >= self._most:
            raise Busy("There is no room at present.")
        self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inside -= 1


def address_of(request: Request, trusted_proxies: int) -> str:
    """Return who asks, as the outermost of our own proxies saw it; IPv6 by its network.

    What stands further left in X-Forwarded-For was written by whoever asks, and is not believed.
    """
    peer = request.client.host if request.client else ""
    heard = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    named = heard[-trusted_proxies].strip() if 0 < trusted_proxies <= len(heard) else peer
    return _network(named) or _network(peer) or peer


def _network(text: str) -> str | None:
    ported = _PORTED.fullmatch(text)
    try:
        found = ipaddress.ip_address(ported[1] or ported[2] if ported else text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((int(found), NETWORK_BITS), strict=False))
    return str(found)
