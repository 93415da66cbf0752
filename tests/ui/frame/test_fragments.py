"""The end of a fragment's run reaches the browser, which then removes what is no longer drawn."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from ui.frame.fragments import keep_ends

Status = ForwardMsg.ScriptFinishedStatus


@pytest.fixture(autouse=True)
def _patched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", ForwardMsgQueue.clear)  # put back afterwards
    keep_ends()
    keep_ends()  # twice is once


def queue_of(*, fragment: str, end: int) -> ForwardMsgQueue:
    """What waits to be sent of one run of a fragment: an element, and that the run is over."""
    queue = ForwardMsgQueue()
    element, over = ForwardMsg(), ForwardMsg()
    element.delta.fragment_id = fragment
    element.delta.new_element.markdown.body = "shown"
    element.metadata.delta_path[:] = [0, 0]
    over.script_finished = end  # type: ignore[assignment]
    queue.enqueue(element)
    queue.enqueue(over)
    return queue


def ends(queue: ForwardMsgQueue) -> list[int]:
    return [msg.script_finished for msg in queue._queue if msg.WhichOneof("type") == "script_finished"]


def test_the_end_of_a_run_stays_an_end_when_another_fragment_begins() -> None:
    queue = queue_of(fragment="inside", end=Status.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["badge"])
    assert ends(queue) == [Status.FINISHED_FRAGMENT_RUN_SUCCESSFULLY]


def test_a_run_whose_elements_were_dropped_for_a_newer_one_is_cut_short() -> None:
    queue = queue_of(fragment="inside", end=Status.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["inside"])
    assert ends(queue) == [Status.FINISHED_EARLY_FOR_RERUN]


def test_a_run_of_the_whole_page_cuts_every_run_before_it_short() -> None:
    queue = queue_of(fragment="inside", end=Status.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
    queue.clear(retain_lifecycle_msgs=True)
    assert ends(queue) == [Status.FINISHED_EARLY_FOR_RERUN]
