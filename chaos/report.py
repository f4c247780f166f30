"""The account on paper: a table for a person, JSON for a program."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from chaos.play import Outcome

HEADER = (
    f"{'fault':<34}{'ops':>6}{'again':>7}{'dupl.':>7}{'parked':>8}{'recovered':>11}{'settled':>9}"
)


def line(outcome: Outcome) -> str:
    """Write one act as a row, its findings below it."""
    recovered, settled = (
        "-" if seconds is None else f"{seconds:.1f} s"
        for seconds in (outcome.recovered_seconds, outcome.settled_seconds)
    )
    row = (
        f"{' + '.join(outcome.faults):<34}{outcome.operations:>6}{outcome.asked_again:>7}"
        f"{outcome.duplicates:>7}{outcome.parked:>8}{recovered:>11}{settled:>9}"
        f"  {'held' if outcome.held else 'BROKEN'}"
    )
    return "\n".join([row, *(f"    {sentence}" for sentence in outcome.wrong)])


def summary(outcomes: Sequence[Outcome]) -> str:
    """Write the last line."""
    broken = sum(not outcome.held for outcome in outcomes)
    operations = sum(outcome.operations for outcome in outcomes)
    duplicates = sum(outcome.duplicates for outcome in outcomes)
    told = f"{len(outcomes)} acts, {operations} acknowledged operations, {duplicates} duplicates absorbed"
    return f"{told}: " + (f"{broken} BROKEN" if broken else "every promise held")


def write(folder: Path, seed: int, outcomes: Sequence[Outcome]) -> None:
    """Keep the account as evidence."""
    rows = [asdict(outcome) for outcome in outcomes]
    text = json.dumps({"seed": seed, "outcomes": rows}, indent=1)
    (folder / "account.json").write_text(text, encoding="utf-8")
