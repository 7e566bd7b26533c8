"""Marathon's paths: requests to calls of the service, and answers as Marathon's."""

import json
import re

from aiohttp import web

from lab.marathon import definition
from lab.marathon.errors import ApiError, as_marathon_does, no_app
from lab.marathon.filters import app_filter, embedded

VERSION = "1.11.24"
FRAMEWORK_ID = "7f3e9a52-4d0c-4b6e-9a53-0c6f1d2e8b11-0000"
_TASK_ID = re.compile(r"(.+)\.instance-[0-9a-f-]{36}\.[^.]+(\.\d+)?|(.+)\.[0-9a-f-]{36}(\.\d+)?")


def flag(request, name):
    return request.query.get(name, "").lower() == "true"


async def json_body(request):
    try:
        return json.loads(await request.text())
    except ValueError as error:
        raise ApiError(400, "Invalid JSON", details=[
            {"path": "", "errors": [str(error)]}]) from None


def deployed(deployment, body=None, status=200, headers=None):
    """The answer to a call that began a deployment."""
    body = body or {"version": deployment.version, "deploymentId": deployment.id}
    return web.json_response(body, status=status, headers={
        "Marathon-Deployment-Id": deployment.id, **(headers or {})})


class Api:
    def __init__(self, service, leader):
        self._service = service
        self._leader = leader

    def application(self):
        application = web.Application(middlewares=[as_marathon_does])
        get, post, put, delete = web.get, web.post, web.put, web.delete
        app = "/v2/apps/{id:.+}"
        end = "{_:/?}"   # Clients differ in whether they close a path with a slash.
        application.add_routes([
            get("/ping", self.ping),
            get("/v2/info" + end, self.info),
            get("/v2/leader" + end, self.leader), delete("/v2/leader" + end, self.abdicate),
            get("/v2/events" + end, self._service.bus.handle),
            get("/v2/tasks" + end, self.tasks), post("/v2/tasks/delete" + end, self.delete_tasks),
            get("/v2/deployments" + end, self.deployments),
            delete("/v2/deployments/{deployment}", self.cancel),
            get("/v2/queue" + end, self.queue),
            delete("/v2/queue/{id:.+}/delay", self.reset_delay),
            get("/v2/pods" + end, self.no_pods), get("/v2/pods/::status", self.no_pods),
            get("/v2/groups" + end, self.group),
            get("/v2/apps" + end, self.list), post("/v2/apps" + end, self.create),
            put("/v2/apps" + end, self.put_all),
            get("/v2/apps/{group:.*}/*", self.list_group), get("/v2/apps/*", self.list_group),
            get(app + "/tasks", self.app_tasks), delete(app + "/tasks", self.kill_app),
            delete(app + "/tasks/{task}", self.kill_task),
            get(app + "/versions", self.versions), get(app + "/versions/{version}", self.version),
            post(app + "/restart", self.restart),
            get(app, self.show), put(app, self.put), delete(app, self.delete),
        ])
        return application

    # ------------------------------------------------------------ the server itself

    async def ping(self, _):
        return web.Response(text="pong")

    async def info(self, _):
        return web.json_response({
            "name": "marathon", "version": VERSION, "buildref": "unknown", "elected": True,
            "leader": self._leader, "frameworkId": FRAMEWORK_ID,
            "marathon_config": {"framework_name": "marathon", "ha": True, "checkpoint": True,
                                "hostname": self._leader.partition(":")[0], "mesos_role": "*",
                                "features": [], "mesos_leader_ui_url": ""},
            "zookeeper_config": {"zk": "zk://localhost:2181/marathon"},
            "http_config": {"http_port": int(self._leader.rpartition(":")[2]),
                            "https_port": 8443}})

    async def leader(self, _):
        return web.json_response({"leader": self._leader})

    async def abdicate(self, _):
        self._service.bus.cut_off_all()
        return web.json_response({"message": "Leadership abdicated"})

    # ------------------------------------------------------------ apps

    def shown(self, app, embeds):
        """An app as answers carry it."""
        body = app.shown()
        if "counts" in embeds:
            body |= app.counts()
        if "deployments" in embeds:
            body["deployments"] = [{"id": d.id} for d in self._service.deployments_of(app.id)]
        if "tasks" in embeds:
            body["tasks"] = self._tasks_of(app.instances)
        if embeds & {"lastTaskFailure", "failures"} and app.last_failure:
            body["lastTaskFailure"] = app.last_failure
        if "readiness" in embeds:
            body["readinessCheckResults"] = []
        return body

    async def list(self, request):
        matches = app_filter(request.query)
        embeds = embedded(request.query) | {"counts", "deployments"}
        return web.json_response({"apps": [
            self.shown(a, embeds) for a in self._service.apps.values() if matches(a.definition)]})

    async def list_group(self, request):
        group = "/" + request.match_info.get("group", "").strip("/")
        embeds = embedded(request.query) | {"counts", "deployments"}
        return web.json_response({"*": [
            self.shown(a, embeds) for a in self._service.apps.values()
            if a.id.startswith(group.rstrip("/") + "/")]})

    async def show(self, request):
        app = self._app(request)
        embeds = embedded(request.query) | {"counts", "deployments", "tasks", "lastTaskFailure"}
        return web.json_response({"app": self.shown(app, embeds)})

    async def create(self, request):
        body = await json_body(request)
        app, deployment = self._service.create(body)
        self._posted(request, app.definition)
        shown = {**self.shown(app, {"counts"}), "tasks": [],
                 "deployments": [{"id": deployment.id}]}
        return deployed(deployment, shown, 201, {"Location": f"/v2/apps{app.id}"})

    async def put(self, request):
        app_id = definition.absolute(request.match_info["id"])
        body = await json_body(request)
        created = app_id not in self._service.apps
        deployment = self._service.update(
            {app_id: body}, "StartApplication" if created else "RestartApplication",
            flag(request, "force"))
        self._posted(request, self._service.apps[app_id].definition)
        return deployed(deployment, None, 201 if created else 200,
                        {"Location": f"/v2/apps{app_id}"} if created else None)

    async def put_all(self, request):
        body = await json_body(request)
        if not isinstance(body, list) or not all(isinstance(a, dict) for a in body):
            raise ApiError(400, "Invalid JSON",
                           details=[{"path": "", "errors": ["error.expected.jsarray"]}])
        updates = {definition.absolute(a.get("id", "")): a for a in body}
        return deployed(self._service.update(updates, force=flag(request, "force")))

    async def delete(self, request):
        deployment = self._service.delete(request.match_info["id"], flag(request, "force"))
        return deployed(deployment)

    async def restart(self, request):
        app = self._app(request)
        return deployed(self._service.update({app.id: {}}, "RestartApplication",
                                             flag(request, "force"), restart=True))

    async def versions(self, request):
        return web.json_response({"versions": sorted(self._app(request).versions, reverse=True)})

    async def version(self, request):
        app, version = self._app(request), request.match_info["version"]
        if version not in app.versions:
            raise ApiError(404, f"App '{app.id}' does not exist in version {version}")
        return web.json_response(app.versions[version])

    # ------------------------------------------------------------ tasks

    async def tasks(self, request):
        accept = request.headers.get("Accept", "*/*")
        if not any(t in accept for t in ("application/json", "application/*", "*/*")):
            return web.Response(status=406)
        wanted = request.query.getall("status", []) + request.query.getall("status[]", [])
        states = {f"TASK_{s.upper()}" for s in wanted}
        return web.json_response({"tasks": [
            t for t in self._tasks_of(self._service.scheduler.instances())
            if not states or t["state"] in states]})

    async def app_tasks(self, request):
        return web.json_response({"tasks": self._tasks_of(self._app(request).instances)})

    async def delete_tasks(self, request):
        body = await json_body(request)
        ids = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(ids, list):
            raise ApiError(400, "Invalid JSON",
                           details=[{"path": "/ids", "errors": ["error.path.missing"]}])
        for task_id in ids:
            if not isinstance(task_id, str) or not _TASK_ID.fullmatch(task_id):
                raise ApiError(400, f"Invalid task id '{task_id}'.")
        # Unknown ids are dropped in silence, as there.
        found = [i for i in self._service.scheduler.instances() if i.host and i.task_id in ids]
        return self._killed(request, found, lambda tasks: {"tasks": tasks})

    async def kill_app(self, request):
        where = request.query.get("host")
        found = [i for i in self._app(request).instances
                 if i.host and where in (None, i.host.name, i.host.address)]
        return self._killed(request, found, lambda tasks: {"tasks": tasks})

    async def kill_task(self, request):
        task_id = request.match_info["task"]
        found = [i for i in self._app(request).instances if i.host and i.task_id == task_id]
        if not found:
            raise ApiError(404, f"Task '{task_id}' does not exist")
        return self._killed(request, found, lambda tasks: {"task": tasks[0]})

    def _killed(self, request, instances, body):
        before = self._tasks_of(instances)
        deployment = self._service.kill(instances, flag(request, "scale"), flag(request, "wipe"),
                                        flag(request, "force"))
        return deployed(deployment) if deployment else web.json_response(body(before))

    @staticmethod
    def _tasks_of(instances):
        return [i.task() for i in instances if i.host]

    # ------------------------------------------------------------ the rest

    async def deployments(self, _):
        return web.json_response([d.shown() for d in self._service.deployments.values()])

    async def cancel(self, request):
        deployment = self._service.cancel(request.match_info["deployment"], flag(request, "force"))
        return deployed(deployment) if deployment else web.Response(status=202)

    async def queue(self, _):
        waiting = [(a, self._service.scheduler.waiting(a)) for a in self._service.apps.values()]
        return web.json_response({"queue": [
            {"app": a.shown(), "count": len(w), "since": a.definition["version"],
             "delay": {"timeLeftSeconds": int(a.delay_left), "overdue": a.delay_left == 0},
             "processedOffersSummary": {}} for a, w in waiting if w]})

    async def reset_delay(self, request):
        app = self._app(request)
        app.reset_delay()
        self._service.scheduler.reconcile(app)
        return web.Response(status=204)

    async def no_pods(self, _):
        return web.json_response([])

    async def group(self, request):
        """The root group, flat: apps of inner groups stand in it too."""
        embeds = {e.removeprefix("apps.") for e in embedded(request.query)}
        return web.json_response({
            "id": "/", "groups": [], "pods": [], "dependencies": [],
            "apps": [self.shown(a, embeds) for a in self._service.apps.values()]})

    def _app(self, request):
        try:
            return self._service.app(request.match_info["id"])
        except ApiError as error:
            if error.status == 422:   # In a path, an odd id is only an unknown one.
                raise no_app(request.match_info["id"]) from None
            raise

    def _posted(self, request, app_definition):
        self._service.bus.publish("api_post_event", clientIp=request.remote or "unknown",
                                  uri=request.path, appDefinition=app_definition)
