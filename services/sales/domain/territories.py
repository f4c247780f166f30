"""Which territory a place belongs to, in the tree that accounts tells."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_DEPTH = 20  # a tree that is deeper has a loop


@dataclass(frozen=True, slots=True)
class Territory:
    """A node of the tree and the states or provinces that it names itself."""

    id: str
    parent_id: str | None
    states: tuple[str, ...]


def covering(tree: Mapping[str, Territory], state: str | None) -> Territory | None:
    """Return the territory that names a state, the deepest if several do."""
    wanted = (state or "").strip().casefold()
    found = [
        territory
        for territory in tree.values()
        if wanted and wanted in {name.casefold() for name in territory.states}
    ]
    # The id decides between equals, so that every replica decides alike.
    return max(found, key=lambda one: (len(list(upwards(tree, one.id))), one.id), default=None)


def upwards(tree: Mapping[str, Territory], territory_id: str) -> Iterator[str]:
    """Walk from a territory to the root, itself first."""
    at: str | None = territory_id
    for _ in range(MAX_DEPTH):
        if at is None or at not in tree:
            return
        yield at
        at = tree[at].parent_id
