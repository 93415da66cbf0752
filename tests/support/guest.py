"""A guest of a studio without a browser: opens its pages, takes files along and gives one, as Streamlit's page does."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from benchmarks.visitor import MAX_BYTES

WAIT_SECONDS = 400.0  # for one message: a machine may have much else to do
XSRF_COOKIE = "_streamlit_xsrf"

Messages = Sequence[ForwardMsg]


@dataclass
class Guest:
    """One session of a studio."""

    address: str  # "http://127.0.0.1:8501"
    socket: Any
    session: str = ""  # its id

    async def open(self, page: str, query: str = "", widgets: Sequence[WidgetState] = ()) -> Messages:
        """All that the server sends of a page, "home" or the name of a demo, until it is whole."""
        state = ClientState(page_name="" if page == "home" else page, query_string=query)
        state.widget_states.CopyFrom(WidgetStates(widgets=widgets))
        await self._send(BackMsg(rerun_script=state))
        received = []
        while not received or received[-1].WhichOneof("type") != "script_finished":
            received.append(await self._receive())
            if received[-1].WhichOneof("type") == "new_session":
                self.session = received[-1].new_session.initialize.session_id
        return received

    async def downloads(self, page: Messages) -> dict[str, bytes]:
        """What is behind each button of an opened page that makes a file when it is clicked, by its label."""
        files = {}
        for button in [one.download_button for one in elements(page) if one.download_button.deferred_file_id]:
            request = BackMsg()
            request.backend_operation_request.request_id = button.id
            request.backend_operation_request.session_id = self.session
            request.backend_operation_request.deferred_file.file_id = button.deferred_file_id
            answer = (await self._ask(request, "backend_operation_response")).backend_operation_response
            assert answer.deferred_file.url, answer
            files[button.label] = (await self._request(answer.deferred_file.url))[0]
        return files

    async def upload(self, page: Messages, name: str, content: bytes) -> WidgetState:
        """Give a file to the only uploader of an opened page; returns what that then holds."""
        (uploader,) = [one.file_uploader for one in elements(page) if one.WhichOneof("type") == "file_uploader"]
        request = BackMsg()
        request.file_urls_request.request_id = name
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self.session
        (urls,) = (await self._ask(request, "file_urls_response")).file_urls_response.file_urls
        _, headers = await self._request("/_stcore/health")
        token = headers["set-cookie"].partition(f"{XSRF_COOKIE}=")[2].partition(";")[0]
        form = f'--part\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        await self._request(
            urls.upload_url,
            method="PUT",
            data=form + content + b"\r\n--part--\r\n",
            headers={
                "Content-Type": "multipart/form-data; boundary=part",
                "Cookie": f"{XSRF_COOKIE}={token}",
                "X-Xsrftoken": token,
            },
        )
        info = UploadedFileInfo(name=name, size=len(content), file_id=urls.file_id, file_urls=urls)
        return WidgetState(id=uploader.id, file_uploader_state_value=FileUploaderState(uploaded_file_info=[info]))

    async def _send(self, message: BackMsg) -> None:
        await self.socket.send(message.SerializeToString())

    async def _receive(self) -> ForwardMsg:
        return ForwardMsg.FromString(await asyncio.wait_for(self.socket.recv(decode=False), WAIT_SECONDS))

    async def _ask(self, request: BackMsg, kind: str) -> ForwardMsg:
        """The answer of this kind; parts of the page that come meanwhile are passed over."""
        await self._send(request)
        while (message := await self._receive()).WhichOneof("type") != kind:
            pass
        return message

    async def _request(self, path: str, **options: Any) -> tuple[bytes, Any]:
        """Body and headers of the answer to a request beside the connection."""
        request = urllib.request.Request(urljoin(self.address, path), **options)

        def answered() -> tuple[bytes, Any]:
            with urllib.request.urlopen(request, timeout=WAIT_SECONDS) as response:
                return response.read(), response.headers

        return await asyncio.to_thread(answered)


@asynccontextmanager
async def arriving(address: str) -> AsyncIterator[Guest]:
    """A guest of the studio at this address ("127.0.0.1:8501"), who has opened nothing yet."""
    connection = websockets.connect(
        f"ws://{address}/_stcore/stream", subprotocols=[websockets.Subprotocol("streamlit")], max_size=MAX_BYTES
    )
    async with connection as socket:
        yield Guest(f"http://{address}", socket)


def elements(page: Messages) -> list[Any]:
    """All that was put on a page, in the order in which it came."""
    deltas = [message.delta for message in page if message.WhichOneof("type") == "delta"]
    return [delta.new_element for delta in deltas if delta.WhichOneof("type") == "new_element"]


def words(page: Messages) -> str:
    """All that was sent for a page, as one text to look for words in."""
    return "\n".join(str(element) for element in elements(page))
