"""Disks that are full: a service's database, the bridge's spool, the warehouse's file; and one for everything."""

import errno
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random

from sqlalchemy.engine import make_url

from chaos.faults.fault import Fault
from chaos.stage import Stage
from deploy.local import process
from deploy.local.house import Kind
from deploy.local.machine import is_root, run

SITE = "disk"
SQLITE = frozenset({Kind.SQLITE})
ROOM_BYTES = 32 * 1024 * 1024  # beside what lies there already: a busy journal takes several MiB
CHUNK_BYTES = 64 * 1024
BALLAST = "ballast"


def cannot_mount() -> str | None:
    """Say why this machine lets us mount no disk of our own; None if it does."""
    if not is_root():
        return "mounting a small disk takes root"
    tried = subprocess.run(
        ["/usr/bin/unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
        capture_output=True,
        check=False,
    )
    return None if tried.returncode == 0 else "this machine does not let root mount a disk"


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """Mount a disk of so many bytes; it goes with whatever is left on it."""
    place.mkdir(parents=True, exist_ok=True)
    run(["mount", "-t", "tmpfs", "-o", f"size={size}", "rapport-chaos", str(place)])
    try:
        yield
    finally:
        run(["umount", "--lazy", str(place)])
        place.rmdir()


@contextmanager
def on_a_small_disk(stage: Stage, name: str, lies: list[Path]) -> Iterator[Path]:
    """Run a process with some of its files on a small disk; yield that, then put them back."""
    disk = stage.folder / f"{name}.disk"
    size = sum(file.stat().st_size for one in lies for file in _files(one))
    with small_disk(disk, size + ROOM_BYTES):
        try:
            with _stopped(stage, name):
                for one in lies:
                    _move_out(one, disk)
            yield disk
        finally:  # also when it did not start there: the disk goes with all that is on it
            with _stopped(stage, name):
                for one in (moved for moved in lies if moved.is_symlink()):
                    _move_back(one)


def fill(disk: Path) -> None:
    """Leave no byte on a disk."""
    with (disk / BALLAST).open("wb", buffering=0) as ballast:
        for size in (CHUNK_BYTES, 1):
            try:
                while ballast.write(bytes(size)):
                    continue
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise


@contextmanager
def _stopped(stage: Stage, name: str) -> Iterator[None]:
    stage.house.stop(name)
    stage.let_go(name)
    try:
        yield
    finally:
        stage.house.restart(name)


def _files(place: Path) -> list[Path]:
    return [one for one in place.rglob("*") if one.is_file()] if place.is_dir() else [place]


def _move_out(one: Path, disk: Path) -> None:
    shutil.move(one, disk / one.name)
    one.symlink_to(disk / one.name)


def _move_back(one: Path) -> None:
    there = one.readlink()
    one.unlink()
    for file in (there, *there.parent.glob(f"{there.name}-*")):  # with SQLite's journals
        if file.exists():
            shutil.move(file, one.with_name(file.name))


def _full(
    choose: Callable[[Stage, Random], tuple[str, Path]],
) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    @contextmanager
    def strike(stage: Stage, dice: Random) -> Iterator[None]:
        name, file = choose(stage, dice)
        with on_a_small_disk(stage, name, [file]) as disk:
            fill(disk)
            try:
                yield
            finally:
                (disk / BALLAST).unlink()
            # It comes back by itself, before its files do.
            stage.wait(lambda: stage.is_ready(name), 60, f"{name} takes work with room again")

    return strike


def a_database(stage: Stage, dice: Random) -> tuple[str, Path]:
    """Choose a service's SQLite file."""
    service = dice.choice(sorted(stage.house.databases))
    return service, Path(str(make_url(stage.house.databases[service]).database))


def the_spool(stage: Stage, _: Random) -> tuple[str, Path]:
    """Choose what the bridge keeps."""
    return "cti", Path(stage.house.places["cti"].own["RAPPORT_SPOOL"])


def the_warehouse(stage: Stage, _: Random) -> tuple[str, Path]:
    """Choose the warehouse's file."""
    return "warehouse", Path(stage.house.places["warehouse"].own["RAPPORT_WAREHOUSE_FILE"])


@contextmanager
def nothing_written(stage: Stage, dice: Random) -> Iterator[None]:
    """Let one service write to no file at all, its log among them."""
    held = stage.house.places[dice.choice(sorted(stage.house.databases))].process
    assert held is not None
    _, most = resource.prlimit(held.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(held.pid, resource.RLIMIT_FSIZE, (1, most))
    try:
        yield
    finally:
        if process.is_alive(held):
            resource.prlimit(held.pid, resource.RLIMIT_FSIZE, (most, most))


FAULTS = (
    Fault(
        name="disk-full",
        about="The disk with a service's database is full.",
        strike=_full(a_database),
        site=SITE,
        kinds=SQLITE,
        lacks=cannot_mount,
        together=False,
    ),
    Fault(
        name="disk-full-spool",
        about="The disk with the bridge's spool is full.",
        strike=_full(the_spool),
        site=SITE,
        needs=frozenset({"cti"}),
        lacks=cannot_mount,
        hold_seconds=8.0,
        together=False,
    ),
    Fault(
        name="disk-full-warehouse",
        about="The disk with the warehouse's file is full.",
        strike=_full(the_warehouse),
        site=SITE,
        needs=frozenset({"warehouse"}),
        lacks=cannot_mount,
        hold_seconds=8.0,
        together=False,
    ),
    Fault(
        name="nothing-written",
        about="A service can write to no file: neither its database nor its log.",
        strike=nothing_written,
        site=SITE,
        kinds=SQLITE,
    ),
)
