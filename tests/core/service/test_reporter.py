"""What passes between a training loop and the run store."""

import pytest

from core.contract import Command
from core.runs.store import RunStore
from core.service.reporter import Reporter
from tests.support.stores import claimed, queued


def test_a_reporter_waits_for_commands_and_gives_up_a_pause_that_lasts(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.service.reporter.POLL_SECONDS", 0.01)
    run = queued(store)
    with Reporter(store, claimed(store)) as reporter:
        assert reporter.ask(0) is None
        store.book.command(run.id, "generator", 1)
        while (given := reporter.ask(0)) is None:
            pass
        assert given == Command(1, "generator", 1)
        assert not reporter.should_stop()
        monkeypatch.setattr("core.service.reporter.PAUSE_SECONDS", 0.05)
        assert reporter.ask(1) is None
        assert reporter.is_abandoned
        assert reporter.should_stop()
