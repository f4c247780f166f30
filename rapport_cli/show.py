"""How answers are written: columns for people, JSON for machines."""

from collections.abc import Iterable, Mapping, Sequence

import click
import orjson

from chassis.envelope import decode, encode

MAX_CELL = 60


def as_json(value: object) -> None:
    """Print a value as one line of JSON."""
    click.echo(encode(value).decode())


def pretty(value: object) -> None:
    """Print a value as indented JSON."""
    plain = decode(encode(value))
    click.echo(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())


def table(rows: Iterable[Mapping[str, object]], columns: Sequence[str], *, nothing: str) -> None:
    """Print rows in columns, or a sentence if there are none."""
    cells = [[_cell(row.get(name)) for name in columns] for row in rows]
    if not cells:
        click.echo(nothing)
        return
    heads = [name.replace("_", " ") for name in columns]
    widths = [max(len(line[i]) for line in [heads, *cells]) for i in range(len(columns))]
    for line in [heads, *cells]:
        click.echo("  ".join(cell.ljust(widths[i]) for i, cell in enumerate(line)).rstrip())


def _cell(value: object) -> str:
    if value is None:
        return "-"
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"
