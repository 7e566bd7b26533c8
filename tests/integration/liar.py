"""A Marathon that lies: `liar.py PORT MODE`. Serves every path the same way."""

import http.server
import sys
import threading

APP = b'{"apps":[{"id":"/shop","instances":1,"tasks":[{"id":"shop.1","host":"10.9.0.1",' \
      b'"ports":[31000],"state":"TASK_RUNNING"}]}]}'


class Liar(http.server.BaseHTTPRequestHandler):
    mode = ""

    def do_GET(self):
        getattr(self, self.mode)()

    def do_POST(self):
        self.do_GET()

    def answer(self, code, kind, body):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def html(self):
        self.answer(200, "text/html", b"<html><body>It works!</body></html>")

    def overloaded(self):
        self.answer(503, "text/html", b"<html>busy</html>")

    def truncated(self):
        self.answer(200, "application/json", APP[:-40])

    def wrong_shape(self):
        self.answer(200, "application/json", b'{"apps":{"id":7}}')

    def reset(self):
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(APP)  # And closes far too early.

    def huge(self):
        """50 MB of apps without tasks, each with a long command."""
        app = b'{"id":"/x","cmd":"%s"},' % (b"x" * 1000)
        self.answer(200, "application/json",
                    b'{"apps":[' + app * (50_000_000 // len(app)) + b'{"id":"/y"}]}')

    def endless(self):
        """More than any limit."""
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 1_000_000)
        except OSError:
            pass

    def forgetful(self):
        """Well, but of those to kill it names none. Tells what it was asked to kill."""
        if self.command == "GET":
            return self.answer(200, "application/json", APP)
        print(self.path, flush=True)
        print(self.rfile.read(int(self.headers["Content-Length"])).decode(), flush=True)
        return self.answer(200, "application/json", b'{"tasks":[]}')

    def silent(self):
        threading.Event().wait(60)

    def log_message(self, *_):
        pass


def main():
    Liar.mode = sys.argv[2]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Liar)
    server.daemon_threads = True
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
