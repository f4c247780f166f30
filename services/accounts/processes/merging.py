"""A merge, step by step: what is re-pointed is written down before it is, and can go back."""

from dataclasses import dataclass, field

from chassis.ids import natural_id
from chassis.steps import Process, Step
from chassis.work import Work
from services.accounts.domain.merging import MergeStatus, Named
from services.accounts.reads import kept_aside
from services.accounts.reads import merging as reads
from services.accounts.tables import Merge
from services.accounts.usecases import merging, unmerging


@dataclass
class MergeState:
    """Which merge it is; how far it is stands in its record."""

    merge_id: str
    entity_id: str
    winner_id: str
    versions: dict[str, int]
    choices: dict[str, str]
    kept_aside: list[str] = field(default_factory=list)  # relationships, the first of them


def _begin(
    work: Work, *, winner: Named, losers: list[Named], choices: dict[str, str]
) -> MergeState:
    named = [winner, *sorted(losers, key=lambda one: one.id)]
    parts = [part for one in named for part in (one.id, str(one.version))]
    merge_id = natural_id("merge", *parts)
    known = reads.merge(work, merge_id)
    # Whoever asks again gets what became of it: the customers are not there any more to be checked.
    found = [] if known is not None else merging.check(work, winner, losers, choices)
    entity_id = known.entity_id if known is not None else found[0].entity_id
    versions = {one.id: one.version for one in named}
    return MergeState(merge_id, entity_id, winner.id, versions, choices)


def _open(work: Work, state: MergeState) -> None:
    merge = Merge(
        id=state.merge_id,
        entity_id=state.entity_id,
        winner_id=state.winner_id,
        status=MergeStatus.MERGING,
        choices=state.choices,
        before={},
        after={},
        consents={},
        contacts=[],
        task_id=state.merge_id,
    )
    merging.open_merge(work, merge, state.versions)


def _rows(work: Work, state: MergeState) -> bool:
    return merging.move_rows(work, state.merge_id)


def _refuse(work: Work, state: MergeState) -> None:
    merging.refuse_merge(work, state.merge_id)


def _close(work: Work, state: MergeState) -> bool:
    merging.enter_entity(work, state.merge_id)
    more = merging.close_merge(work, state.merge_id)
    found = kept_aside.of_merge(work, state.merge_id)
    state.kept_aside = [str(one["relationship_id"]) for one in found]
    return more


MERGE = Process(
    kind="merge_customers",
    state=MergeState,
    steps=(Step("open", _open, undo=_refuse), Step("rows", _rows), Step("close", _close)),
    key=lambda state: state.merge_id,
    answer=lambda state: {
        "merge_id": state.merge_id,
        "winner_id": state.winner_id,
        "kept_aside": state.kept_aside,
    },
    begin=_begin,
)


@dataclass
class UnmergeState:
    """Which merge is undone."""

    merge_id: str
    version: int


def _begin_undo(work: Work, *, merge_id: str, version: int) -> UnmergeState:
    unmerging.check(work, merge_id, version)
    return UnmergeState(merge_id, version)


def _split(work: Work, state: UnmergeState) -> None:
    merging.enter_entity(work, state.merge_id)
    unmerging.split(work, state.merge_id, state.version)


def _return_rows(work: Work, state: UnmergeState) -> bool:
    return unmerging.return_rows(work, state.merge_id)


def _tell(work: Work, state: UnmergeState) -> None:
    unmerging.tell(work, state.merge_id)


UNMERGE = Process(
    kind="unmerge_customers",
    state=UnmergeState,
    steps=(Step("split", _split), Step("rows", _return_rows), Step("tell", _tell)),
    key=lambda state: f"{state.merge_id}:{state.version}",
    answer=lambda state: {"merge_id": state.merge_id},
    begin=_begin_undo,
)
