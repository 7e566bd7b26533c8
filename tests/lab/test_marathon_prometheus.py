"""Debian's Prometheus finds the stand-in's tasks with its marathon_sd."""

import json
import signal
import subprocess
import urllib.error
import urllib.request

import pytest
from conftest import ROOT, free_port

from lab import until

SERVER = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"alive 1\\n")
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT0"])), Handler).serve_forever()
"""


class Prometheus:
    def __init__(self, marathon, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        (folder / "prometheus.yml").write_text(json.dumps({"scrape_configs": [{
            "job_name": "marathon", "scrape_interval": "500ms", "scrape_timeout": "400ms",
            "marathon_sd_configs": [{"servers": [marathon.url], "refresh_interval": "500ms"}]}]}))
        self._log = open(folder / "log", "wb")
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address={self.url[7:]}"],
            cwd=ROOT, stdout=self._log, stderr=self._log)

    def targets(self):
        """Labels by address, of the targets that answered their scrape."""
        try:
            with urllib.request.urlopen(self.url + "/api/v1/targets?state=active", timeout=5) as f:
                active = json.load(f)["data"]["activeTargets"]
        except (urllib.error.URLError, OSError):
            return {}
        return {t["discoveredLabels"]["__address__"]: t["discoveredLabels"]
                for t in active if t["health"] == "up"}

    def end(self):
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(20)
        self._log.close()


@pytest.fixture
def prometheus(marathon, tmp_path):
    made = Prometheus(marathon, tmp_path)
    yield made
    made.end()


def addresses(tasks):
    return {f"{t['host']}:{t['ports'][0]}" for t in tasks}


def test_prometheus_scrapes_what_the_stand_in_runs_and_follows_it(marathon, prometheus):
    app = {"id": "/shop/cart", "args": ["python3", "-c", SERVER], "instances": 2,
           "labels": {"team": "shop"}, "constraints": [["hostname", "UNIQUE"]]}
    tasks = marathon.deploy(app)
    until(lambda: set(prometheus.targets()) == addresses(tasks), 20,
          lambda: f"{addresses(tasks)} to be scraped, not {prometheus.targets()}")
    labels = prometheus.targets()[f"{tasks[0]['host']}:{tasks[0]['ports'][0]}"]
    assert labels["__meta_marathon_app"] == "/shop/cart"
    assert labels["__meta_marathon_task"] == tasks[0]["id"]
    assert labels["__meta_marathon_app_label_team"] == "shop"
    assert labels["__meta_marathon_port_index"] == "0"

    marathon.call("PUT", "/v2/apps/shop/cart", {"instances": 3})
    tasks = marathon.wait_deployed("/shop/cart")
    until(lambda: set(prometheus.targets()) == addresses(tasks), 20, "the third to be scraped")
    marathon.call("PUT", "/v2/apps/shop/cart", {"instances": 1})
    tasks = marathon.wait_deployed("/shop/cart")
    until(lambda: set(prometheus.targets()) == addresses(tasks), 20, "only one to be scraped")
