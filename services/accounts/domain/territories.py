"""The tree of territories: what covers a state, and what lies below what."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis.errors import Conflict, Invalid


class TerritoryLoop(Conflict):
    """Refuse a territory that would lie below itself."""

    code = "accounts.territory.loop"


class StateTaken(Conflict):
    """Refuse a state that another territory covers already."""

    code = "accounts.territory.state_taken"


class UnknownTerritory(Invalid):
    """Refuse the name of a territory that does not exist."""

    code = "accounts.territory.unknown"


@dataclass(frozen=True, slots=True)
class Node:
    """One territory of the tree."""

    id: str
    parent_id: str | None
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """What is told of a territory."""

    name: str
    parent_id: str | None = None
    states: tuple[str, ...] = ()


def state_key(state: str) -> str:
    """Write a state the way it is compared."""
    return state.strip().casefold()


def covering(nodes: Iterable[Node]) -> dict[str, str]:
    """Return which territory covers each state."""
    return {state_key(state): node.id for node in nodes for state in node.states}


def below(nodes: Iterable[Node], roots: Iterable[str]) -> tuple[str, ...]:
    """Return these territories and all that lie below them, in order."""
    children: dict[str, list[str]] = {}
    for node in nodes:
        children.setdefault(node.parent_id or "", []).append(node.id)
    found: set[str] = set()
    ahead = list(roots)
    while ahead:
        id_ = ahead.pop()
        if id_ not in found:
            found.add(id_)
            ahead += children.get(id_, [])
    return tuple(sorted(found))


def check(tree: Mapping[str, Node], node: Node) -> None:
    """Check that a territory fits into the tree.

    :raises UnknownTerritory: if its parent does not exist.
    :raises TerritoryLoop: if it would lie below itself.
    :raises StateTaken: if another territory covers one of its states.
    """
    if node.parent_id is not None and node.parent_id not in tree:
        raise UnknownTerritory("The territory above does not exist.", detail={"id": node.parent_id})
    above = node.parent_id
    while above is not None:
        if above == node.id:
            raise TerritoryLoop("A territory cannot lie below itself.", detail={"id": node.id})
        above = tree[above].parent_id
    others = covering(other for other in tree.values() if other.id != node.id)
    taken = sorted(state for state in node.states if state_key(state) in others)
    if taken:
        raise StateTaken(
            "A state belongs to one territory only.",
            detail={"states": taken, "territory_id": others[state_key(taken[0])]},
        )
