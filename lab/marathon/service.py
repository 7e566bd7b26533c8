"""What Marathon's calls do: apps, kills and deployments, without HTTP."""

from lab.marathon import definition, instants
from lab.marathon.app import App
from lab.marathon.deployment import Deployment
from lab.marathon.errors import ApiError, invalid, locked, no_app
from lab.marathon.scheduler import Scheduler


class Service:
    def __init__(self, hosts, bus, sandboxes):
        self.bus = bus
        self.scheduler = Scheduler(hosts, bus, sandboxes, self._settled)
        self.deployments = {}

    @property
    def apps(self):
        return self.scheduler.apps

    def app(self, app_id):
        app_id = definition.absolute(app_id)
        if app_id not in self.apps:
            raise no_app(app_id)
        return self.apps[app_id]

    # ------------------------------------------------------------ apps

    def create(self, body):
        """A new app: (app, deployment)."""
        if not isinstance(body, dict):
            raise ApiError(400, "Invalid JSON",
                           details=[{"path": "", "errors": ["error.expected.jsobject"]}])
        if not body.get("id"):
            raise invalid("/id", "error.path.missing")
        app_id = definition.absolute(body["id"])
        if app_id in self.apps:
            raise ApiError(409, f"An app with id [{app_id}] already exists.")
        deployment = self.update({app_id: body}, "StartApplication")
        return self.apps[app_id], deployment

    def update(self, updates, action="RestartApplication", force=False, restart=False):
        """Creates or changes apps (id -> what changes) in one deployment."""
        whole = {}
        for app_id, update in updates.items():
            base = self._base(app_id, update)
            whole[app_id] = definition.complete(update, base, app_id, self._service_ports(app_id))
        self._unlock(whole, force)
        previous = {a: self.apps[a].definition if a in self.apps else None for a in whole}
        for app_id, new in whole.items():
            if app_id in self.apps:
                if set(updates[app_id]) <= definition.SCALING | {"id"} and not restart:
                    action = "ScaleApplication"
                self.apps[app_id].define(new, restart)
                self.apps[app_id].reset_delay()
            else:
                self.apps[app_id] = App(new)
        return self._deploy(list(whole), action, previous)

    def _base(self, app_id, update):
        """What an update builds on: the app as it is, or the version it asks for."""
        if app_id not in self.apps:
            return {}
        app = self.apps[app_id]
        version = update.get("version") if isinstance(update, dict) else None
        if version is None:
            return app.definition
        if version not in app.versions:
            raise ApiError(404, f"App '{app_id}' does not exist in version {version}")
        return app.versions[version]

    def _service_ports(self, but):
        return [p for a in self.apps.values() if a.id != but
                for p in definition.service_ports(a.definition)]

    def delete(self, app_id, force=False):
        app = self.app(app_id)
        self._unlock([app.id], force)
        app.deleted = True
        return self._deploy([app.id], "StopApplication", {app.id: app.definition})

    # ------------------------------------------------------------ kills

    def kill(self, instances, scale, wipe, force=False):
        """Kills instances; with `scale` a deployment, without it None."""
        if scale and wipe:
            raise ApiError(400, "You cannot use scale and wipe at the same time.")
        if not scale:
            for instance in instances:
                self.scheduler.kill(instance)
            return None
        by_app = {}
        for instance in instances:
            by_app.setdefault(instance.app["id"], []).append(instance)
        self._unlock(by_app, force)
        previous = {a: self.apps[a].definition for a in by_app}
        for app_id, killed in by_app.items():
            app = self.apps[app_id]
            app.define({**app.definition,
                        "instances": max(0, app.definition["instances"] - len(killed))})
            for instance in killed:
                self.scheduler.stop(instance)
        return self._deploy(list(by_app), "ScaleApplication", previous)

    # ------------------------------------------------------------ deployments

    def deployments_of(self, app_id):
        return [d for d in self.deployments.values() if app_id in d.app_ids]

    def cancel(self, deployment_id, force):
        """Ends a deployment; without `force` by another that undoes it."""
        deployment = self.deployments.get(deployment_id)
        if deployment is None:
            raise ApiError(404, f"DeploymentPlan {deployment_id} does not exist")
        self._fail(deployment)
        if force:
            return None
        for app_id, before in deployment.previous.items():
            app = self.apps[app_id]
            app.deleted = before is None
            if before:
                app.define(before)
        return self._deploy(deployment.app_ids, "RestartApplication", {
            a: self.apps[a].definition for a in deployment.app_ids})

    def _unlock(self, app_ids, force):
        """Refuses while a deployment changes one of the apps, or with `force` ends that."""
        running = {d.id: d for a in app_ids for d in self.deployments_of(a)}
        if running and not force:
            raise locked(list(running))
        for deployment in running.values():
            self._fail(deployment)

    def _deploy(self, app_ids, action, previous):
        deployment = Deployment(instants.version(), app_ids, action, previous)
        self.deployments[deployment.id] = deployment
        self.bus.publish("group_change_success", groupId="/", version=deployment.version)
        plan = deployment.plan(self.apps)
        self.bus.publish("deployment_info", plan=plan, currentStep=plan["steps"][0])
        for app_id in app_ids:
            self.scheduler.reconcile(self.apps[app_id])
        return deployment

    def _fail(self, deployment):
        del self.deployments[deployment.id]
        self.bus.publish("deployment_failed", id=deployment.id, reason="cancelled",
                         plan=deployment.plan(self.apps))

    def _settled(self, app):
        """An app has become what was asked: its deployments may be done."""
        for deployment in self.deployments_of(app.id):
            deployment.settled.add(app.id)
            if set(deployment.app_ids) <= deployment.settled:
                plan = deployment.plan(self.apps)
                del self.deployments[deployment.id]
                self.bus.publish("deployment_step_success", plan=plan,
                                 currentStep=plan["steps"][0])
                self.bus.publish("deployment_success", id=deployment.id, plan=plan)
        if app.deleted and self.apps.get(app.id) is app:
            del self.apps[app.id]
            self.bus.publish("app_terminated_event", appId=app.id)
