"""What people ask all day, of ten thousand customers and of a million."""

from statistics import median

from bench.child import Child
from bench.filling import FILLED
from bench.ground import Ground
from bench.lines import Bar, Line, median_of, ratio
from bench.scale import Scale

KINDS = ("sqlite", "postgresql")
FEW, MANY = 10_000, 1_000_000
AT_MOST = Bar(value=2.0, at_most=True)
ASKED = 60  # of each question in a round
# What is asked, and of whom; a card is what all services know.
QUESTIONS = {"identify": ("accounts",), "list": ("accounts",), "card": tuple(FILLED)}
NAMES = {
    "identify": "identify by phone",
    "list": "first page, two filters and a sort",
    "card": "360° card of all services",
}


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Fill both databases of every service, then ask them in turn."""
    return [line for kind in KINDS for line in _of(ground, scale, kind)]


def _of(ground: Ground, scale: Scale, kind: str) -> list[Line]:
    few, many = (_house(ground, kind, scale.of(count)) for count in (FEW, MANY))
    lines: list[Line] = []
    for question, services in QUESTIONS.items():
        taken: tuple[list[float], list[float]] = ([], [])
        for _ in range(scale.rounds + 1):
            for times, house in zip(taken, (few, many), strict=True):
                times.append(sum(_asked(house[one], question, scale) for one in services))
        small, large = (times[1:] for times in taken)  # the first round warms
        name = f"{NAMES[question]}, {kind}"
        lines += [
            median_of(f"{name}, {scale.of(FEW):,} customers", small, "ms"),
            median_of(f"{name}, {scale.of(MANY):,} customers", large, "ms"),
            ratio(f"{name}, many / few", large, small, AT_MOST),
        ]
    ground.release()
    ground.forget()  # a million customers take tens of gigabytes
    return lines


def _house(ground: Ground, kind: str, customers: int) -> dict[str, Child]:
    token = ground.token("admin")
    house = {}
    for service in FILLED:
        url = ground.database(kind)
        house[service] = ground.child("asking", url=url, service=service, token=token)
        house[service].ask("prepare", customers=customers)
    return house


def _asked(child: Child, question: str, scale: Scale) -> float:
    """Return how long a question takes in the middle, in milliseconds."""
    times: list[float] = child.ask("ask", question=question, count=scale.of(ASKED))
    return median(times)
