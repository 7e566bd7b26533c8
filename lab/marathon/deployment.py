"""A deployment: what is being changed, and how Marathon shows it."""

import dataclasses
import uuid


@dataclasses.dataclass
class Deployment:
    version: str
    app_ids: list
    action: str            # StartApplication, ScaleApplication, RestartApplication, StopApplication
    previous: dict         # App id -> definition before; None: there was none.
    settled: set = dataclasses.field(default_factory=set)
    id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))

    def _actions(self, **more):
        return [{"action": self.action, "app": a, **more} for a in self.app_ids]

    def shown(self):
        """As a member of /v2/deployments."""
        return {"id": self.id, "version": self.version, "affectedApps": self.app_ids,
                "affectedPods": [], "steps": [{"actions": self._actions()}],
                "currentActions": self._actions(readinessCheckResults=[]),
                "currentStep": 1, "totalSteps": 1}

    def plan(self, apps):
        """As the `plan` of events."""
        def group(definitions):
            return {"id": "/", "apps": definitions, "groups": [], "pods": [], "dependencies": [],
                    "version": self.version}
        before = [d for d in self.previous.values() if d]
        return {"id": self.id, "version": self.version, "original": group(before),
                "target": group([apps[a].definition for a in self.app_ids if a in apps]),
                "steps": [{"actions": [{"action": self.action, "app": a} for a in self.app_ids]}]}
