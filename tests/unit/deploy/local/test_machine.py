"""What we ask of the machine, and how it says no."""

import sys
from pathlib import Path

import pytest

from deploy.local import machine
from deploy.local.machine import CannotRun

CLIENT_PORTS = Path("/proc/sys/net/ipv4/ip_local_port_range")


class TestWriteSecret:
    def test_lets_nobody_else_read_it(self, tmp_path: Path) -> None:
        file = tmp_path / "folder" / "secret"

        machine.write_secret(file, "first")
        machine.write_secret(file, "second")

        assert (file.read_text(), file.stat().st_mode & 0o777) == ("second", 0o600)
        assert [path.name for path in file.parent.iterdir()] == ["secret"]


class TestPrivateDirectory:
    def test_is_the_same_for_the_same_purpose(self, tmp_path: Path) -> None:
        first = machine.private_directory(tmp_path)

        second = machine.private_directory(tmp_path / "x" / "..")

        assert first == second
        first.rmdir()

    def test_refuses_what_somebody_put_there_first(self, tmp_path: Path) -> None:
        found = machine.private_directory(tmp_path)
        found.rmdir()
        found.symlink_to(tmp_path)

        with pytest.raises(CannotRun, match="belongs to somebody else"):
            machine.private_directory(tmp_path)
        found.unlink()


class TestFreePorts:
    def test_are_all_different_and_never_taken_by_a_client(self) -> None:
        ports = machine.free_ports(20)

        first_of_clients = int(CLIENT_PORTS.read_text().split()[0])
        assert len(set(ports)) == 20
        assert max(ports) < first_of_clients

    def test_are_not_chosen_again_by_anybody_before_somebody_listens(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(machine, "FIRST_PORT", 19000)
        monkeypatch.setattr(machine, "LAST_PORT", 19003)
        ours = machine.free_ports(2)

        program = (
            "from deploy.local import machine; machine.FIRST_PORT, machine.LAST_PORT = 19000, 19003;"
            "print(*machine.free_ports(2))"
        )
        theirs = {int(port) for port in machine.run([sys.executable, "-c", program]).split()}

        assert set(ours) | theirs == {19000, 19001, 19002, 19003}


class TestRun:
    def test_returns_what_was_printed(self) -> None:
        assert machine.run([sys.executable, "-c", "print(1)"]) == "1\n"

    def test_tells_why_a_command_failed(self) -> None:
        with pytest.raises(CannotRun, match=r"failed \(3\): no luck"):
            machine.run([sys.executable, "-c", "print('no luck'); raise SystemExit(3)"])

    def test_tells_that_there_is_no_such_program(self) -> None:
        with pytest.raises(CannotRun, match="could not be run"):
            machine.run(["no-such-program"])


class TestBaseEnvironment:
    def test_hands_no_setting_of_ours_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RAPPORT_AMQP_URI", "amqp://elsewhere/")

        assert not [name for name in machine.base_environment() if name.startswith("RAPPORT")]


class TestInstallPackage:
    def test_keeps_the_package_from_starting_its_daemon(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        policy = tmp_path / "policy-rc.d"
        seen: list[tuple[str, bool]] = []
        monkeypatch.setattr(machine, "POLICY", policy)
        monkeypatch.setattr(machine, "is_root", lambda: True)
        monkeypatch.setattr(machine.shutil, "which", lambda name: name)
        monkeypatch.setattr(
            machine, "run", lambda words, **_: seen.append((" ".join(words[:2]), policy.exists()))
        )

        machine.install_package("rabbitmq-server", "RabbitMQ")

        assert seen == [
            ("apt-get update", True),
            ("apt-get install", True),
            ("systemctl disable", False),
        ]

    def test_says_what_to_do_without_root(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "is_root", lambda: False)

        with pytest.raises(CannotRun, match="install the package rabbitmq-server, or run this as"):
            machine.install_package("rabbitmq-server", "RabbitMQ")
