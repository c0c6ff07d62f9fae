"""One handler as a WSGI and as an ASGI application."""

import os


def handled(event_id):
    with open(os.environ["HANDLED"], "a") as log:
        log.write(event_id + "\n")


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/read":
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    handled(environ["HTTP_WEBHOOK_ID"])
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


application = wsgi


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if scope["path"] == "/read":
        while (await receive()).get("more_body"):
            pass
    handled(dict(scope["headers"])[b"webhook-id"].decode())
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})
