"""A rebuild while the process does not run: also of a file that is damaged or laid out otherwise."""

import duckdb

from chassis.logs import get_logger
from services.analytics.warehouse import archive
from services.analytics.warehouse.rebuild import Report, Source, build_shadow
from services.analytics.warehouse.store import (
    ForeignFile,
    OtherLayout,
    archive_of,
    connect,
    open_file,
    shadow_of,
    swap,
)

log = get_logger(__name__)


def rebuild(source: Source) -> Report:
    """Build anew beside the file, compare, and put it in its place.

    :raises Problem: if the running process has the file, the log cannot be read, or it differs.
    """
    standing = _standing(source)
    try:
        report = build_shadow(source, standing, lambda: None)
    finally:
        if standing is not None:
            standing.close()
    swap(source.file, shadow_of(source.file))
    return report


def _standing(source: Source) -> duckdb.DuckDBPyConnection | None:
    """Open what stands, to compare with; of what cannot be compared, save the raw events."""
    if not source.file.exists():
        return None
    try:
        return open_file(source.file, source.means)
    except OtherLayout:
        con = connect(source.file, source.means)
        archive.write(con, archive_of(source.file))
        con.close()
    except ForeignFile as damaged:
        log.warning("the standing file cannot be read", reason=str(damaged))
    return None
