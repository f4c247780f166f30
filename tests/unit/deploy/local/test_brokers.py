"""Which broker is taken, and what is said when there is none."""

from pathlib import Path

import pytest

from deploy.local import broker, brokers
from deploy.local.broker import Broker
from deploy.local.brokers import GivenBroker
from deploy.local.machine import CannotRun, free_ports


class TestChoose:
    def test_takes_the_broker_that_is_given(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAPPORT_AMQP_URI", "amqp://me:secret@broker.example:5673/")

        chosen = brokers.choose(tmp_path)

        assert isinstance(chosen, GivenBroker)
        assert chosen.uri_of("sales", "own") == "amqp://me:secret@broker.example:5673/"

    def test_takes_our_own_where_it_is_installed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RAPPORT_AMQP_URI", raising=False)
        monkeypatch.setattr(broker, "is_installed", lambda: True)

        chosen = brokers.choose(tmp_path)

        assert isinstance(chosen, Broker)

    def test_says_in_one_sentence_that_there_is_none(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("RAPPORT_AMQP_URI", raising=False)
        monkeypatch.setattr(broker, "is_installed", lambda: False)
        monkeypatch.setattr(brokers, "is_root", lambda: False)
        monkeypatch.setattr(brokers, "_docker_serves", lambda: False)

        with pytest.raises(CannotRun, match=r"^There is no broker: name one in RAPPORT_AMQP_URI"):
            brokers.choose(tmp_path)


class TestGivenBroker:
    def test_says_that_nobody_answers(self) -> None:
        port = free_ports(1)[0]
        given = GivenBroker(f"amqp://me:secret@127.0.0.1:{port}/", None)

        with pytest.raises(CannotRun, match=rf"127\.0\.0\.1:{port}, which RAPPORT_AMQP_URI names"):
            given.start()
