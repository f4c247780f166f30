"""The warehouse as a plain process: one writer, a pool of readers behind a door."""

from collections.abc import Mapping

from chassis.config import PlainSettings
from chassis.plain.process import Check
from chassis.topology.names import LOG_STREAM
from services.analytics.warehouse.answering import Door
from services.analytics.warehouse.config import Own
from services.analytics.warehouse.following import Following
from services.analytics.warehouse.operations import Operations
from services.analytics.warehouse.questions import QUESTIONS
from services.analytics.warehouse.rebuild import Source
from services.analytics.warehouse.store import Means, Store
from services.analytics.warehouse.writer import Writer


class Warehouse:
    """Follow the log into the file, and answer what is asked of it."""

    def __init__(self, source: Source, own: Own) -> None:
        self._store = Store(source.file, source.means)
        following = Following(source.amqp_uri, source.stream, lambda: self._store.writing)
        self._writer = Writer(self._store, following)
        self._operations = Operations(self._store, self._writer, source)
        questions = QUESTIONS | {one.name: one for one in self._operations.questions()}
        self._door = Door(
            own.warehouse_socket, self._store, questions, lambda: self._writer.fresh_at
        )

    def start(self) -> None:
        """Open the file, then the door.

        :raises Problem: if the file is taken, damaged, foreign or laid out otherwise.
        :raises OSError: if the socket cannot be made.
        """
        self._store.open()
        self._writer.start()
        self._door.start()
        self._operations.start()

    def checks(self) -> Mapping[str, Check]:
        """Return what readiness asks."""
        return {"log": lambda: self._writer.problem, "door": self._door.alive}

    def alive(self) -> str | None:
        """Say whether a thread that must run has ended or hangs."""
        return self._writer.alive() or self._door.alive() or self._operations.alive()

    def stop(self) -> None:
        """Finish the batch and the answers in hand, and close the file."""
        self._operations.stop()
        self._door.stop()
        self._writer.stop()
        self._store.close()


def source_of(settings: PlainSettings, own: Own) -> Source:
    """Return what this process reads and keeps."""
    means = Means(own.warehouse_memory, own.warehouse_threads)
    return Source(own.warehouse_file, means, settings.amqp_uri, LOG_STREAM)


def make(settings: PlainSettings, own: Own) -> Warehouse:
    """Make the process."""
    return Warehouse(source_of(settings, own), own)
