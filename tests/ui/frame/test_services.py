"""What pages have of the run store."""

from core.runs.protocols import Claims
from ui.frame import services


def test_a_page_has_the_side_of_people_alone() -> None:
    of_workers = {name for name in vars(Claims) if not name.startswith("_")}
    assert {"claim", "finish", "append_events", "purge"} <= of_workers
    for given in (services.store(), services.files()):
        assert not {name for name in of_workers if hasattr(given, name)}
