"""A stage without a house: its ledger, and databases that real services have written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, text

from chaos.stage import Stage
from deploy.local.house import Kind
from deploy.local.services import Place


@contextmanager
def a_stage(folder: Path, **databases: str) -> Iterator[Stage]:
    """Open a stage on these databases; nothing runs on it."""
    stage = Stage(folder / "stage", Kind.SQLITE, tuple(databases))
    for name, url in databases.items():
        stage.house.places[name] = Place(name, [], "", database_url=url)
    try:
        yield stage
    finally:
        stage.close(keep=False)


def a_dice(seed: int | str) -> Random:
    """Return a dice that falls the same every time."""
    return Random(seed)  # noqa: S311 - guards no secret


def plant(url: str, statement: str) -> int:
    """Change a database behind its service's back; return how many rows changed."""
    engine = create_engine(url)
    with engine.begin() as connection:
        changed = connection.execute(text(statement)).rowcount
    engine.dispose()
    return int(changed)
