"""A visitor of the Digits page without a browser: a websocket that speaks Streamlit's protocol, and a pen.

It costs a hundredth of a browser, so that many can draw at once. What a browser does with an answer is not in here.
"""

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from benchmarks.canvas import canvas_json
from core.data.pictures.pen_strokes import Strokes

MAX_BYTES = 64 * 2**20


class Visitor:
    """One session: `open` it, `draw` as often as wanted, `close` it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket: Any = None
        self._page = ""  # hash of the page, as the server calls it
        self._fragment = ""  # part of the page that the canvas is in
        self._canvas = ""  # id of its widget

    async def open(self) -> float:
        """Connect and wait until the whole page has come; returns seconds."""
        start = time.perf_counter()
        self._socket = await websockets.connect(
            f"ws://{self.address}/_stcore/stream", subprotocols=["streamlit"], max_size=MAX_BYTES
        )
        await self._send(ClientState(page_name="digits"))
        async for message in self._messages():
            if message.WhichOneof("type") == "navigation":
                self._page = message.navigation.page_script_hash
            if (name := _component(message)) and "canvas" in name:
                self._canvas = message.delta.new_element.bidi_component.id
                self._fragment = message.delta.fragment_id
        if not (self._page and self._canvas):
            raise RuntimeError("The Digits page came without its canvas.")
        return time.perf_counter() - start

    async def draw(self, strokes: Strokes) -> float:
        """Send a drawing as the canvas does after a stroke; returns seconds until the new bars have arrived.

        Raises:
            RuntimeError: the answer has no bars.
        """
        value = json.dumps({"drawing": {"raw": canvas_json(strokes), "data": None}})
        widgets = WidgetStates(widgets=[WidgetState(id=self._canvas, json_value=value)])
        start, arrived = time.perf_counter(), None
        await self._send(ClientState(page_script_hash=self._page, fragment_id=self._fragment, widget_states=widgets))
        async for message in self._messages():
            if arrived is None and (name := _component(message)) and "chart" in name:
                arrived = time.perf_counter()
        if arrived is None:
            raise RuntimeError("A drawing was answered without bars.")
        return arrived - start

    async def close(self) -> None:
        """Leave the page."""
        await self._socket.close()

    async def _send(self, state: ClientState) -> None:
        await self._socket.send(BackMsg(rerun_script=state).SerializeToString())

    async def _messages(self) -> AsyncIterator[ForwardMsg]:
        """What the server sends, up to the end of its run of the page or part."""
        while True:
            message = ForwardMsg.FromString(await self._socket.recv())
            if message.WhichOneof("type") == "script_finished":
                return
            yield message


def _component(message: ForwardMsg) -> str:
    """Name of the component that a message brings; empty for any other message."""
    if message.WhichOneof("type") != "delta" or message.delta.WhichOneof("type") != "new_element":
        return ""
    element = message.delta.new_element
    return element.bidi_component.component_name if element.WhichOneof("type") == "bidi_component" else ""
