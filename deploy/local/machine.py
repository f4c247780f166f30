"""What we ask of the machine: free ports, private directories, packages, waiting."""

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
APT_TIMEOUT_SECONDS = 600
PRIVATE_ROOT = Path("/var/tmp")  # noqa: S108 - PostgreSQL's user cannot enter a clone under a 0700 home
POLICY = Path("/usr/sbin/policy-rc.d")
POLL_SECONDS = 0.05
FIRST_PORT, LAST_PORT = 20000, 32000
RESERVED = 200  # ports a process has chosen lately: what is started there may need a while
_reserved: deque[socket.socket] = deque()


class CannotRun(Exception):
    """This machine lacks something; the message is one sentence for the person at the keyboard."""


def is_root() -> bool:
    """Tell whether this process may install packages and switch users."""
    return os.geteuid() == 0


def base_environment() -> dict[str, str]:
    """Return the little of the caller's environment that a child process needs, without our own settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    found = {name: os.environ[name] for name in kept if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", **found}


def setting(name: str) -> str | None:
    """Read what the operator asked for in the environment; empty counts as absent."""
    return os.environ.get(name) or None


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on now, all different.

    None is of the kernel's own choice for outgoing connections: a client that calls a dead server
    again and again would take such a port, and the server could not come back. Nor is any of another
    process's choice that nobody listens on yet: each holds the datagram port of the same number.
    """
    found: list[int] = []
    while len(found) < count:
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT + 1)
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind((LOOPBACK, port))
            socket.create_server((LOOPBACK, port)).close()
        except OSError:
            mark.close()
            continue
        _reserved.append(mark)
        found.append(port)
    while len(_reserved) > max(RESERVED, count):
        _reserved.popleft().close()
    return found


def port_answers(port: int) -> bool:
    """Tell whether something accepts connections on a loopback port."""
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float, failure: Callable[[], str]) -> None:
    """Wait for a condition.

    :raises CannotRun: if it does not hold in time; `failure` words the reason.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise CannotRun(failure())
        time.sleep(POLL_SECONDS)


def private_directory(purpose: Path, *, mode: int = 0o711) -> Path:
    """Return the directory outside the clone that belongs to `purpose`, always the same one for the same path.

    :raises CannotRun: if somebody else made it first.
    """
    mark = hashlib.sha256(str(purpose.resolve()).encode()).hexdigest()[:12]
    path = PRIVATE_ROOT / f"rapport-{mark}"
    path.mkdir(exist_ok=True)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise CannotRun(f"{path} belongs to somebody else: remove it or use another directory.")
    path.chmod(mode)
    return path


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    part.replace(path)


def new_password() -> str:
    """Return a password that needs no escaping in a URI."""
    return secrets.token_hex(16)


def run(
    command: list[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
) -> str:
    """Run a command to its end and return what it printed.

    :raises CannotRun: if it fails, with the end of its output.
    """
    try:
        done = subprocess.run(  # noqa: S603 - fixed programs with arguments of our own making
            command,
            env=dict(env or base_environment()),
            cwd=cwd,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"{command[0]} could not be run: {error}") from error
    if done.returncode != 0:
        raise CannotRun(
            f"{' '.join(command[:3])} failed ({done.returncode}): {done.stdout[-800:].strip()}"
        )
    return done.stdout


@contextmanager
def _daemons_stay_down() -> Iterator[None]:
    """Keep a package's own daemon from starting: it would listen on every interface."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install_package(name: str, purpose: str) -> None:
    """Install a Debian or Ubuntu package without starting what it ships.

    :raises CannotRun: if this is not root on such a system, or apt fails.
    """
    if not (is_root() and shutil.which("apt-get")):
        raise CannotRun(
            f"{purpose} is missing: install the package {name}, or run this as root on Debian or Ubuntu."
        )
    env = {**base_environment(), "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", name]
    with _daemons_stay_down():
        run(["apt-get", "update", "-qq"], env=env, timeout=APT_TIMEOUT_SECONDS)
        run(install, env=env, timeout=APT_TIMEOUT_SECONDS)
    if shutil.which("systemctl"):
        run(["systemctl", "disable", name])  # nor may it start when the machine does
