"""The filters of GET /v2/apps. Pure."""

import re

from lab.marathon.errors import ApiError

_TERM = re.compile(r"\s*([^\s,=!]+)\s*(?:(==|!=)\s*([^\s,]+)|(in|notin)\s*\(([^)]*)\))?\s*(?:,|$)")


def label_selector(text):
    """Parses "k, k==v, k!=v, k in (a,b), k notin (a,b)" into a test of labels."""
    tests = []
    position = 0
    while position < len(text):
        term = _TERM.match(text, position)
        if not term:
            raise ApiError(400, f"Can't parse label selector '{text}'")
        tests.append(_test(*term.groups()))
        position = term.end()
    return lambda labels: all(test(labels) for test in tests)


def _test(key, comparison, value, membership, values):
    if comparison:
        return lambda labels: key in labels and (labels[key] == value) == (comparison == "==")
    if membership:
        members = {v.strip() for v in values.split(",")}
        return lambda labels: key in labels and (labels[key] in members) == (membership == "in")
    return lambda labels: key in labels


def app_filter(query):
    """A test of definitions from the query's id, cmd and label."""
    by_label = label_selector(query.get("label", ""))

    def test(app):
        return (query.get("id", "") in app["id"] and query.get("cmd", "") in app.get("cmd", "")
                and by_label(app["labels"]))
    return test


def embedded(query):
    """What to embed: "apps.tasks", "app.tasks" and "tasks" are the same."""
    return {e.removeprefix("apps.").removeprefix("app.").removeprefix("group.")
            for e in query.getall("embed", [])}
