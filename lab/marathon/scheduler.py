"""Keeps every app as it was asked to be: places, starts, replaces and ends instances.

One event loop owns it. `reconcile` is the only place that decides; whatever
happens (a call, a task's end, a delay's end) leads there.
"""

import asyncio
import logging
import pathlib
import shlex
from collections import Counter, defaultdict

from lab.marathon import instants
from lab.marathon.instance import Instance
from lab.marathon.placement import place
from lab.marathon.task_process import TaskProcess

log = logging.getLogger("marathon")


class Scheduler:
    def __init__(self, hosts, bus, sandboxes, on_settled):
        """`on_settled(app)` is called whenever an app has become as it was asked."""
        self.apps = {}
        self.hosts = hosts
        self._bus = bus
        self._sandboxes = pathlib.Path(sandboxes)
        self._on_settled = on_settled
        self._jobs = set()       # Kept, or the loop would forget them.
        self._ended = False

    def instances(self):
        return [i for a in self.apps.values() for i in a.instances]

    # ------------------------------------------------------------ decide

    def reconcile(self, app):
        if self._ended:
            return
        staying = [i for i in app.instances if i.goal == "Running"]
        for instance in _surplus(staying, app.wanted):
            self.stop(instance)
        for instance in app.instances:
            if instance.goal == "Running" and instance.host and app.outdated(instance):
                self.kill(instance)
        missing = app.wanted - sum(i.goal == "Running" for i in app.instances)
        app.instances += [Instance(app.definition) for _ in range(missing)]
        self._launch_scheduled(app)
        if self._settled(app):
            self._on_settled(app)

    def waiting(self, app):
        """Its instances that no host has taken yet."""
        return [i for i in app.instances if i.host is None]

    def reconcile_waiting(self):
        """Room has been made: somebody else may fit now."""
        for app in list(self.apps.values()):
            if self.waiting(app):
                self.reconcile(app)

    def _settled(self, app):
        return len(app.instances) == app.wanted and all(
            i.running and not app.outdated(i) for i in app.instances)

    def _launch_scheduled(self, app):
        if app.delay_left > 0:
            return  # The end of the delay reconciles.
        for instance in self.waiting(app):
            instance.app = app.definition
            load, taken = Counter(), defaultdict(set)
            for other in self.instances():
                if other.host:
                    load[other.host.name] += 1
                    taken[other.host.name].update(other.ports)
            others = [i.host for i in app.instances if i.host]
            found = place(app.definition, others, self.hosts, load, taken)
            if found is None:
                return
            instance.host, instance.ports = found
            instance.staged_at = instants.now()
            self._job(self._run(app, instance))

    # ------------------------------------------------------------ carry out

    def kill(self, instance):
        """Ends this incarnation; another follows unless the goal is Stopped."""
        if instance.state == "TASK_KILLING" or instance.host is None:
            return
        instance.killed = True
        self._update(instance, "TASK_KILLING")
        if instance.process:
            self._job(instance.process.stop(instance.app["taskKillGracePeriodSeconds"]))

    def stop(self, instance):
        """Ends the instance for good."""
        instance.goal = "Stopped"
        if instance.host is None:
            self.apps[instance.app["id"]].instances.remove(instance)
        else:
            self.kill(instance)

    async def _run(self, app, instance):
        """One incarnation, from its start to its end."""
        self._update(instance, "TASK_STARTING")
        try:
            instance.process = await TaskProcess.start(
                _command(instance.app), instance.host, instance.environment(),
                self._sandboxes / instance.task_id)
        except OSError as error:
            self._over(app, instance, "TASK_FAILED", f"start: {error}")
            return
        if instance.killed:   # While it was starting.
            self._job(instance.process.stop(instance.app["taskKillGracePeriodSeconds"]))
        else:
            instance.started_at = instants.now()
            self._update(instance, "TASK_RUNNING")
            self.reconcile(app)
        code = await instance.process.wait()
        if instance.killed:
            self._over(app, instance, "TASK_KILLED", "Container exited")
        elif code == 0:
            self._over(app, instance, "TASK_FINISHED", "Command exited with status 0")
        else:
            self._over(app, instance, "TASK_FAILED", f"Command exited with status {code}")

    def _over(self, app, instance, state, message):
        self._update(instance, state, message)
        if state != "TASK_KILLED":
            app.last_failure = {
                "appId": app.id, "host": instance.host.address, "message": message,
                "slaveId": instance.host.agent_id, "state": state,
                "taskId": instance.task_id, "timestamp": instants.now(),
                "version": instance.app["version"]}
            app.back_off()
            self._job(self._reconcile_later(app))
        if instance.goal == "Stopped":
            app.instances.remove(instance)
        else:
            instance.next_incarnation(app.definition)
        self.reconcile(app)
        self.reconcile_waiting()

    async def _reconcile_later(self, app):
        await asyncio.sleep(app.delay_left)  # bounded wait: the back-off itself
        self.reconcile(app)

    def _update(self, instance, state, message=""):
        """Changes the state and tells it, as Mesos' update and as Marathon's own view."""
        instance.state = state
        app_id, version = instance.app["id"], instance.app["version"]
        host, slave_id = instance.host.address, instance.host.agent_id
        log.info("%s on %s: %s %s", instance.task_id, instance.host.name, state, message)
        self._bus.publish(
            "status_update_event", slaveId=slave_id, taskId=instance.task_id, taskStatus=state,
            message=message, appId=app_id, host=host, ports=instance.ports, version=version,
            ipAddresses=[{"ipAddress": host, "protocol": "IPv4"}])
        self._bus.publish(
            "instance_changed_event", instanceId=instance.id, condition=instance.condition,
            runSpecId=app_id, agentId=slave_id, host=host, runSpecVersion=version)

    def _job(self, coroutine):
        job = asyncio.get_running_loop().create_task(coroutine)
        self._jobs.add(job)
        job.add_done_callback(self._job_done)

    def _job_done(self, job):
        self._jobs.discard(job)
        if not job.cancelled() and job.exception():
            log.error("a job failed", exc_info=job.exception())

    async def end(self):
        """Ends all tasks and starts none again."""
        self._ended = True
        processes = [i.process for i in self.instances() if i.process]
        await asyncio.gather(*(p.stop(1.0) for p in processes))


def _surplus(instances, wanted):
    """Those that no host has taken, then the youngest."""
    waiting = [i for i in instances if not i.host]
    placed = sorted((i for i in instances if i.host), key=lambda i: i.staged_at, reverse=True)
    return (waiting + placed)[:max(0, len(instances) - wanted)]


def _command(app):
    """The shell text of a task; `args` are words that no shell looks at."""
    return app.get("cmd") or "exec " + shlex.join(app["args"])
