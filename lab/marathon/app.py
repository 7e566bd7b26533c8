"""An app with its versions and instances, and how Marathon shows it."""

import time

from lab.marathon import instants
from lab.marathon.definition import SCALING


class App:
    def __init__(self, definition):
        self.definition = None
        self.versions = {}
        self.instances = []
        self.last_failure = None
        self.deleted = False
        self._delay = 0.0
        self._not_before = 0.0
        self.restarted_at = ""   # Instances of older versions are replaced.
        self.define(definition, restart=True)

    @property
    def id(self):
        return self.definition["id"]

    @property
    def wanted(self):
        return 0 if self.deleted else self.definition["instances"]

    def define(self, definition, restart=False):
        """Makes `definition` the current version; what differs is restarted."""
        before = self.definition or {}
        changed = {k for k in {*definition, *before} - {"version"}
                   if definition.get(k) != before.get(k)}
        version = instants.version()
        self.definition = {**definition, "version": version}
        self.versions[version] = self.definition
        if restart or changed - SCALING:
            self.restarted_at = version

    def outdated(self, instance):
        return instance.app["version"] < self.restarted_at

    # Marathon waits longer after each failure before it tries again.

    @property
    def delay_left(self):
        return max(0.0, self._not_before - time.monotonic())

    def back_off(self):
        first, factor = self.definition["backoffSeconds"], self.definition["backoffFactor"]
        self._delay = min(max(first, self._delay * factor),
                          self.definition["maxLaunchDelaySeconds"])
        self._not_before = time.monotonic() + self._delay

    def reset_delay(self):
        self._delay = self._not_before = 0.0

    # Shown.

    def counts(self):
        running = sum(i.running for i in self.instances)
        return {"tasksStaged": sum(i.state in ("TASK_STAGING", "TASK_STARTING")
                                   for i in self.instances),
                "tasksRunning": running, "tasksHealthy": 0, "tasksUnhealthy": 0}

    def shown(self):
        """The definition as an answer carries it, without what is embedded."""
        return {**self.definition, "ports": [
            p["port"] for p in self.definition["portDefinitions"]], "versionInfo": {
                "lastScalingAt": self.definition["version"],
                "lastConfigChangeAt": self.restarted_at}}

