"""Which tests stay in one process where several test side by side."""

import pytest

SHARED_RUNS = {"finished_run", "smoke_run"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps tests that look at a paper's runs together, as each process makes these anew.

    The other tests of a file stay together too: they share what they compile.
    """
    for item in items:
        folder = item.path.parent
        looks_at_runs = SHARED_RUNS & set(getattr(item, "fixturenames", ()))
        group = folder if looks_at_runs else item.path
        item.add_marker(pytest.mark.xdist_group(str(group.relative_to(item.config.rootpath))))
