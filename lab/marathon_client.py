"""Talks to the lab's stand-in for Marathon over its unix socket."""

import http.client
import json
import socket

from lab.errors import LabError
from lab.wait import until


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Marathon:
    """Calls of the API; each opens a connection of its own."""

    def __init__(self, unix_socket):
        self._socket = unix_socket

    def request(self, method, path, body=None, timeout=10):
        """One call: (HTTP status, decoded JSON or text)."""
        connection = _UnixConnection(self._socket, timeout)
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Accept": "application/json", "Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode()
        except OSError as error:
            raise LabError(f"{method} {path}: {error}") from error
        finally:
            connection.close()
        try:
            return response.status, json.loads(text)
        except ValueError:
            return response.status, text

    def call(self, method, path, body=None):
        """One call that must succeed: the decoded answer."""
        status, answer = self.request(method, path, body)
        if status >= 300:
            raise LabError(f"{method} {path}: HTTP {status}: {answer}")
        return answer

    def deploy(self, app, timeout=15):
        """Creates or replaces an app and waits until it runs as asked: its tasks."""
        self.call("PUT", f"/v2/apps{app['id']}", app)
        return self.wait_deployed(app["id"], timeout)

    def wait_deployed(self, app_id, timeout=15):
        """Waits until no deployment of the app is left: its tasks."""
        def done():
            app = self.call("GET", f"/v2/apps{app_id}")["app"]
            return not app["deployments"] and app
        return until(done, timeout, f"the deployment of {app_id}")["tasks"]

    def tasks(self, app_id):
        return self.call("GET", f"/v2/apps{app_id}/tasks")["tasks"]
