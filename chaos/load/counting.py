"""How effects are counted: what was acknowledged is there, and there once."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from chaos.stage import Stage

COPIES = {  # of customers: who keeps one -> in which table
    "sales": "customer_refs",
    "service_desk": "desk_customer_refs",
    "marketing": "marketing_customer_refs",
    "telephony": "telephony_customer_refs",
}


def once(what: str, wanted: Collection[str], found: Iterable[str]) -> Iterator[str]:
    """Yield what is acknowledged and not there, and what is there twice."""
    counts = Counter(iter(found))  # never a mapping with counts of its own
    for one in sorted(set(wanted)):
        if counts[one] > 1:
            yield f"{what} {one} is there {_times(counts[one])}"
        elif not counts[one]:
            yield f"{what} {one} was acknowledged and is not there"


def never(what: str, unwanted: Collection[str], found: Iterable[str]) -> Iterator[str]:
    """Yield what was refused, or only tried, and is there all the same."""
    for one in sorted(set(unwanted) & set(found)):
        yield f"{what} {one} is there and should not be"


def ids(stage: Stage, service: str, table: str) -> list[str]:
    """Read the id of every row of a table."""
    return [row["id"] for row in stage.rows(service, f"select id from {table}")]


def copied(stage: Stage, customer_ids: Collection[str]) -> Iterator[str]:
    """Yield the customers that one of the listening services has not, or has twice."""
    for service, table in COPIES.items():
        if service in stage.house.databases:
            kept = ids(stage, service, table)
            yield from once(f"copy in {service}", customer_ids, kept)


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"  # noqa: PLR2004
