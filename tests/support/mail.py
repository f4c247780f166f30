"""A mail sink of a test's own: a real SMTP server in a process of its own."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from deploy.local.mail.spool import Sink
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]


class Post:
    """A sink that runs: where it listens, and what it holds."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.sink = Sink(folder)
        self._log = folder / "sink.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.mail", "--folder", folder, "--port", str(port)],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        said = eventually(self._said, because="the sink listens")
        self.port = int(said.rpartition(":")[2])

    @property
    def uri(self) -> str:
        """The sink's URI as the setting takes it."""
        return f"smtp://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End it; what it holds stays."""
        self.process.terminate()
        self.process.wait(timeout=60)

    def _said(self) -> str:
        assert self.process.poll() is None, self._log.read_text()
        return self._log.read_text().strip()


@contextlib.contextmanager
def a_post(folder: Path, port: int = 0) -> Iterator[Post]:
    """Run a mail sink."""
    post = Post(folder, port)
    try:
        yield post
    finally:
        post.close()
