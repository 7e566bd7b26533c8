"""App definitions: what is allowed, and what Marathon fills in. Pure."""

import re

from lab.marathon.errors import ApiError, invalid
from lab.marathon.placement import OPERATORS

_ID = re.compile(r"(([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9-]*[a-z0-9])")
FIRST_SERVICE_PORT = 10000

DEFAULTS = {
    "acceptedResourceRoles": ["*"], "backoffFactor": 1.15, "backoffSeconds": 1, "constraints": [],
    "cpus": 1, "dependencies": [], "disk": 0, "env": {}, "executor": "", "fetch": [], "gpus": 0,
    "healthChecks": [], "instances": 1, "killSelection": "YOUNGEST_FIRST", "labels": {},
    "maxLaunchDelaySeconds": 300, "mem": 128, "networks": [{"mode": "host"}],
    "requirePorts": False, "role": "*", "taskKillGracePeriodSeconds": 3,
    "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
    "upgradeStrategy": {"maximumOverCapacity": 1, "minimumHealthCapacity": 1},
}
# Answered, never asked: python3-marathon sends them back with an update.
_IGNORED = {"deployments", "lastTaskFailure", "readinessCheckResults", "tasks", "tasksHealthy",
            "tasksRunning", "tasksStaged", "tasksUnhealthy", "taskStats", "version", "versionInfo"}
_OPTIONAL = {"args", "cmd", "container", "id", "portDefinitions", "ports", "readinessChecks",
             "residency", "secrets", "storeUrls", "taskRateLimit", "uris", "user"}
# A change of these alone does not restart what runs.
SCALING = {"instances"}


def absolute(app_id):
    """"shop/cart" and "//shop/cart/" are "/shop/cart"; anything odd is refused."""
    parts = [p for p in str(app_id).split("/") if p]
    if not parts or not all(_ID.fullmatch(p) for p in parts):
        raise invalid("/id", "must fully match regular expression '^(([a-z0-9]|[a-z0-9][a-z0-9\\-]"
                      "*[a-z0-9])\\.)*([a-z0-9]|[a-z0-9][a-z0-9\\-]*[a-z0-9])|(\\.|\\.\\.)$'")
    return "/" + "/".join(parts)


def complete(update, base, app_id, service_ports_in_use):
    """The whole definition that `update` makes of `base` (empty for a new app)."""
    if not isinstance(update, dict):
        raise ApiError(400, "Invalid JSON", details=[
            {"path": "", "errors": ["error.expected.jsobject"]}])
    unknown = set(update) - set(DEFAULTS) - _OPTIONAL - _IGNORED
    if unknown:
        raise invalid(f"/{sorted(unknown)[0]}", "is not a known property")
    given = {k: v for k, v in update.items() if k not in _IGNORED and v is not None}
    app = {**DEFAULTS, **base, **given, "id": app_id}
    if "ports" in given and "portDefinitions" not in given:
        app["portDefinitions"] = [{"port": p} for p in given["ports"]]
    if not base and "portDefinitions" not in app and not app.get("container"):
        app["portDefinitions"] = [{"port": 0}]
    app.pop("ports", None)
    _check(app)
    _complete_ports(app, service_ports_in_use)
    return app


def service_ports(app):
    """One for each port, in the order of $PORT0, $PORT1, ..."""
    mappings = (app.get("container") or {}).get("portMappings")
    if mappings:
        return [m["servicePort"] for m in mappings]
    return [p["port"] for p in app.get("portDefinitions", [])]


def _complete_ports(app, in_use):
    taken = set(in_use)

    def free_service_port():
        port = next(p for p in range(FIRST_SERVICE_PORT, 20000) if p not in taken)
        taken.add(port)
        return port

    app["portDefinitions"] = [
        {"labels": {}, "protocol": "tcp", **p, "port": p.get("port") or free_service_port()}
        for p in app.get("portDefinitions", [])]
    container = app.get("container")
    if container and container.get("portMappings"):
        app["container"] = {**container, "portMappings": [
            {"labels": {}, "protocol": "tcp", "containerPort": 0, "hostPort": 0, **m,
             "servicePort": m.get("servicePort") or free_service_port()}
            for m in container["portMappings"]]}
        app["portDefinitions"] = []


def _check(app):
    for key, kind in (("instances", int), ("env", dict), ("labels", dict), ("constraints", list),
                      ("networks", list), ("portDefinitions", list), ("requirePorts", bool)):
        value = app.get(key, kind())
        # In Python a bool is an int too.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ApiError(400, "Invalid JSON", details=[
                {"path": f"/{key}", "errors": [f"error.expected.{kind.__name__}"]}])
    if app["instances"] < 0:
        raise invalid("/instances", f"got {app['instances']}, expected 0 or more")
    if not app.get("cmd") and not app.get("args"):
        raise invalid("/", "AppDefinition must either contain one of 'cmd' or 'args', and/or a "
                      "'container'.")
    if app.get("cmd") and app.get("args"):
        raise invalid("/", "AppDefinition must not contain both 'cmd' and 'args'")
    for i, constraint in enumerate(app["constraints"]):
        if not isinstance(constraint, list) or len(constraint) not in (2, 3) \
                or constraint[1] not in OPERATORS:
            raise invalid(f"/constraints({i})", "Constraint definition must have 2 or 3 fields: "
                          f"a field, one of {', '.join(OPERATORS)}, and perhaps a value")
    for i, port in enumerate(app.get("portDefinitions", [])):
        if not isinstance(port, dict) or not 0 <= port.get("port", 0) <= 65535:
            raise invalid(f"/portDefinitions({i})/port", "got a port outside 0 to 65535")
