"""The event bus, and /v2/events byte for byte as Marathon sends it.

Not chunked, Connection: close, CRLF, no id, no retry, no replay. A heartbeat is one
blank line, sent as CR and LF apart from each other, as real ones arrive.
"""

import asyncio
import json

from aiohttp import web

from lab.marathon import instants
from lab.marathon.errors import html

HEARTBEAT_SECONDS = 10
SPLIT_SECONDS = 0.05
BACKLOG = 1024   # Events; a reader that is slower is cut off.


class _RawResponse(web.StreamResponse):
    """Without a length and not chunked: it ends when the connection does."""

    _length_check = False


class EventBus:
    def __init__(self, heartbeat_seconds=HEARTBEAT_SECONDS):
        self._heartbeat_seconds = heartbeat_seconds
        self._readers = {}   # Queue of encoded events -> the types it wants (empty: all).

    def publish(self, event_type, **members):
        event = {**members, "eventType": event_type, "timestamp": instants.now()}
        data = f"event: {event_type}\r\ndata: {json.dumps(event)}\r\n\r\n".encode()
        for queue, types in list(self._readers.items()):
            if types and event_type not in types:
                continue
            try:
                queue.put_nowait(data)
            except asyncio.QueueFull:
                self._cut_off(queue)

    def cut_off_all(self):
        """Ends all streams, as a leader does that steps down."""
        for queue in list(self._readers):
            self._cut_off(queue)

    async def handle(self, request):
        """GET /v2/events"""
        if request.headers.get("Accept") != "text/event-stream":
            return html(405, "HTTP method GET is not supported by this URL")
        response = _RawResponse(headers={
            "Content-Type": "text/event-stream", "Connection": "close",
            "Cache-Control": "no-cache, no-store, must-revalidate"})
        response.force_close()
        await response.prepare(request)
        queue = asyncio.Queue(BACKLOG)
        self._readers[queue] = set(request.query.getall("event_type", []))
        remote = request.remote or "unknown"
        self.publish("event_stream_attached", remoteAddress=remote)
        try:
            await self._pump(queue, response)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._readers.pop(queue, None)
            self.publish("event_stream_detached", remoteAddress=remote)
        return response

    async def _pump(self, queue, response):
        while True:
            try:
                data = await asyncio.wait_for(queue.get(), self._heartbeat_seconds)
            except asyncio.TimeoutError:
                await response.write(b"\r")
                await asyncio.sleep(SPLIT_SECONDS)  # bounded wait: the point is the gap
                await response.write(b"\n")
                continue
            if data is None:
                return
            await response.write(data)

    def _cut_off(self, queue):
        self._readers.pop(queue, None)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)
