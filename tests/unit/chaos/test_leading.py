"""The proof that one leads: it sees nobody, and it sees two."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chaos.proofs import leading
from chaos.stage import Stage
from deploy.local.house import Kind
from deploy.local.services import Place


@contextlib.contextmanager
def ops_port(leads):
    """Export what a process exports that leads or not."""

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'crm_leader{service="sales"} %d\n' % leads)

        def log_message(self, format, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Metrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def said(tmp_path, monkeypatch):
    """Return what the proof says of two processes that claim to lead, or not to."""
    monkeypatch.setattr(leading, "PATIENCE_SECONDS", 0.0)
    stage = Stage(tmp_path / "stage", Kind.POSTGRESQL, ("sales",))

    def say(one, other):
        with ops_port(one) as first, ops_port(other) as second:
            for name, port in (("sales", first), ("sales-2", second)):
                stage.house.places[name] = Place(name, [], "", ops_port=port, database_url="none")
            return list(leading.led_by_one(stage))

    yield say
    stage.close(keep=False)


def test_sees_that_one_leads(said):
    assert said(1, 0) == []


def test_sees_that_nobody_leads(said):
    assert said(0, 0) == ["sales is led by nobody"]


def test_sees_that_two_lead(said):
    assert said(1, 1) == ["sales is led by sales, sales-2"]
