"""Write what is generated from the code, or say what is stale: `python -m rapport_cli.docs`."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import yaml

from rapport_cli import asyncapi, golden, pages
from rapport_cli.failures import REFUSED, Failed, Group
from services.gateway import openapi

PROJECT = Path(__file__).resolve().parents[1]
DOCS = PROJECT / "docs"


def generated() -> dict[Path, str]:
    """Return every generated file with what it should hold."""
    schemas = {
        golden.file_of(name): json.dumps(schema, indent=2, sort_keys=True) + "\n"
        for name, schema in golden.goldens().items()
    }
    return schemas | {
        DOCS / "events.md": pages.events_page(),
        DOCS / "rpc.md": pages.rpc_page(),
        DOCS / "permissions.md": pages.permissions_page(),
        DOCS / "asyncapi.yaml": asyncapi.document(),
        DOCS / "openapi.yaml": yaml.safe_dump(openapi.document(), sort_keys=False, width=100),
    }


def broken_promises() -> Iterator[str]:
    """Say, a sentence each, where an event no longer keeps what its golden schema promised."""
    now = golden.goldens()
    for file in sorted(golden.GOLDEN.glob("*.json")):
        name = file.stem
        if name not in now:
            yield f"{name}: the event is gone, but its golden schema is still promised."
            continue
        yield from golden.broken(name, json.loads(file.read_text(encoding="utf-8")), now[name])


def stale(files: dict[Path, str]) -> list[Path]:
    """Return the files that do not hold what they should."""
    return [
        file
        for file, text in files.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text
    ]


def write(files: dict[Path, str]) -> list[Path]:
    """Write the files that are stale and return them."""
    written = stale(files)
    for file in written:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(files[file], encoding="utf-8")
    return written


@click.group(cls=Group, invoke_without_command=True)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something is stale.")
def main(*, check: bool) -> None:
    """Write the golden schemas, docs/events.md, asyncapi.yaml, openapi.yaml, rpc.md and permissions.md.

    A change that breaks what an event version promised is refused, and nothing is written. A
    version that has never left the house may start over: delete its golden file.
    """
    broken = list(broken_promises())
    for sentence in broken:
        click.echo(sentence, err=True)
    if broken:
        raise Failed("An event's promise is broken.", exit_code=REFUSED, code="docs.promise")
    files = generated()
    if not check:
        for file in write(files):
            click.echo(f"wrote {file.relative_to(PROJECT)}")
        return
    for file in (outdated := stale(files)):
        click.echo(f"{file.relative_to(PROJECT)} is stale: run make docs.", err=True)
    if outdated:
        raise Failed("Generated files are stale.", exit_code=REFUSED, code="docs.stale")


if __name__ == "__main__":
    main()
