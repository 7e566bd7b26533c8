"""One instance of an app, over all its incarnations, and how Marathon shows it."""

import dataclasses
import uuid

from lab.marathon import definition
from lab.marathon.placement import Host


@dataclasses.dataclass
class Instance:
    """Scheduled while it has no host; gone for good once it ends with `goal` Stopped."""

    app: dict                      # Its definition, with its version.
    uuid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid1()))
    incarnation: int = 1
    goal: str = "Running"          # Running: a new incarnation follows the end of this one.
    state: str = "TASK_STAGING"
    killed: bool = False           # This incarnation was told to end.
    host: Host | None = None
    ports: list = dataclasses.field(default_factory=list)
    staged_at: str = ""
    started_at: str = ""
    process: object = None

    @property
    def id(self):
        return f"{self.app['id'].strip('/').replace('/', '_')}.instance-{self.uuid}"

    @property
    def task_id(self):
        return f"{self.id}._app.{self.incarnation}"

    @property
    def running(self):
        return self.state == "TASK_RUNNING"

    @property
    def condition(self):
        """As instance_changed_event names the state: Running, Killing, ..."""
        return self.state.removeprefix("TASK_").capitalize()

    def next_incarnation(self, app):
        """Back to scheduled, with the app as it is now."""
        self.app = app
        self.incarnation += 1
        self.state = "TASK_STAGING"
        self.killed = False
        self.host = self.process = None
        self.ports = []
        self.staged_at = self.started_at = ""

    def task(self):
        """As a member of `tasks`."""
        host = self.host
        task = {
            "appId": self.app["id"], "healthCheckResults": [], "host": host.address,
            "id": self.task_id, "ipAddresses": [{"ipAddress": host.address, "protocol": "IPv4"}],
            "localVolumes": [], "ports": self.ports, "role": self.app["role"],
            "servicePorts": definition.service_ports(self.app), "slaveId": host.agent_id,
            "stagedAt": self.staged_at, "state": self.state, "version": self.app["version"]}
        if self.started_at:
            task["startedAt"] = self.started_at
        for key in ("region", "zone"):
            if key in host.attributes:
                task[key] = host.attributes[key]
        return task

    def environment(self):
        """What Marathon and Mesos put into a task's environment."""
        app = self.app
        env = {k: v for k, v in app["env"].items() if isinstance(v, str)}
        env |= {"HOST": self.host.address, "MARATHON_APP_ID": app["id"],
                "MARATHON_APP_VERSION": app["version"], "MESOS_TASK_ID": self.task_id,
                "PORTS": ",".join(map(str, self.ports))}
        for i, port in enumerate(self.ports):
            env[f"PORT{i}"] = str(port)
        for port_definition, port in zip(app["portDefinitions"], self.ports):
            env[f"PORT_{port_definition['port']}"] = str(port)
            if "name" in port_definition:
                env[f"PORT_{port_definition['name'].upper().replace('-', '_')}"] = str(port)
        if self.ports:
            env["PORT"] = str(self.ports[0])
        return env
