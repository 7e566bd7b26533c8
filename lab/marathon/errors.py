"""Errors in the form in which Marathon answers them."""

from aiohttp import web


class ApiError(Exception):
    """An HTTP status and the members of its JSON body."""

    def __init__(self, status, message, **members):
        super().__init__(message)
        self.status = status
        self.body = {"message": message, **members}


def invalid(path, *errors):
    """422: the definition is JSON, but no app."""
    return ApiError(422, "Object is not valid", details=[{"path": path, "errors": list(errors)}])


def no_app(app_id):
    return ApiError(404, f"App '{app_id}' does not exist")


def locked(deployment_ids):
    return ApiError(
        409, "App is locked by one or more deployments. Override with the option '?force=true'. "
        "View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
        deployments=[{"id": d} for d in deployment_ids])


def html(status, reason):
    """What the servlet container says where Marathon itself is not asked."""
    return web.Response(status=status, content_type="text/html", text=(
        f"<html>\n<head>\n<title>Error {status} {reason}</title>\n</head>\n"
        f"<body><h2>HTTP ERROR {status}</h2>\n<p>Reason:\n<pre>    {reason}</pre></p>"
        "</body>\n</html>\n"))


@web.middleware
async def as_marathon_does(request, handler):
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response(error.body, status=error.status)
    except web.HTTPNotFound:
        # Releases 1.8 to 1.11 have no 404 for a path that they do not know.
        return web.json_response({"message": "HTTP 404 Not Found"}, status=500)
    except web.HTTPMethodNotAllowed:
        return web.json_response({"message": "HTTP 405 Method Not Allowed"}, status=405)
