"""Which backend runs an engine's jobs, and how wide."""

import os

import pytest

from simnet.execute.run import processors, threads_for


def test_as_many_as_the_batch_system_grants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3, 17}, raising=False)
    assert processors() == threads_for(None) == 2


def test_all_of_them_where_the_system_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert processors() == 64
