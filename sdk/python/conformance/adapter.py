"""Makes the calls that the conformance run asks for, one JSON document a line.

With the argument `async`, by the awaited client.
"""

import asyncio
import dataclasses
import json
import re
import sys
from typing import Any, Dict

import httpx
import posthorn

# Making one reads the certificates that it trusts, which takes longer than all of a call.
HTTP = httpx.Client()
ASYNC_HTTP = httpx.AsyncClient()


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)


def prepare(command: Dict[str, Any]) -> Any:
    client = {"base_url": command["base_url"], "api_key": command.get("api_key")}
    if "timeout_ms" in command:
        client["timeout_seconds"] = command["timeout_ms"] / 1000
    if "max_retries" in command:
        client["max_retries"] = command["max_retries"]
    args = list(command["path"])
    if "raw_body" in command:
        args.append(command["raw_body"].encode())
    elif "body" in command:
        args.append(command["body"])
    return client, args, {**command.get("query", {}), **command.get("options", {})}


def plain(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value


def call(command: Dict[str, Any]) -> Any:
    group, method = command["call"].split(".")
    settings, args, kwargs = prepare(command)
    client = posthorn.Client(**settings, http=HTTP)
    result = getattr(getattr(client, snake(group)), snake(method))(*args, **kwargs)
    if "take" not in command:
        return result
    taken = []
    for entry in result:
        taken.append(plain(entry))
        if len(taken) == command["take"]:
            break
    return taken


async def call_async(command: Dict[str, Any]) -> Any:
    group, method = command["call"].split(".")
    settings, args, kwargs = prepare(command)
    client = posthorn.AsyncClient(**settings, http=ASYNC_HTTP)
    result = getattr(getattr(client, snake(group)), snake(method))(*args, **kwargs)
    if "take" not in command:
        return await result
    taken = []
    async for entry in result:
        taken.append(plain(entry))
        if len(taken) == command["take"]:
            break
    return taken


def verify(command: Dict[str, Any]) -> Any:
    args = command["secret"], command["headers"], command["body"].encode()
    if command["verify"] == "hub":
        return {"payload": posthorn.verify_hub_signature(*args)}
    options = {key: command[key] for key in ("tolerance_seconds", "now") if key in command}
    webhook = posthorn.verify_webhook(*args, **options)
    return {**dataclasses.asdict(webhook), "timestamp": webhook.timestamp.timestamp()}


def describe(error: Exception) -> Dict[str, Any]:
    if isinstance(error, posthorn.ApiError):
        names = ("status", "code", "detail", "errors", "request_id")
        return {"kind": "api", **{name: getattr(error, name) for name in names}}
    if isinstance(error, posthorn.TimeoutError):
        return {"kind": "timeout"}
    if isinstance(error, posthorn.ConnectionError):
        return {"kind": "connection"}
    if isinstance(error, posthorn.WebhookVerificationError):
        return {"kind": "verification", "reason": error.reason}
    return {"kind": "other", "message": repr(error)}


def main() -> None:
    is_async = sys.argv[1:] == ["async"]
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "verify" in command:
                value = verify(command)
            elif is_async:
                value = loop.run_until_complete(call_async(command))
            else:
                value = call(command)
            answer = {"value": value}
        except Exception as error:
            answer = {"error": describe(error)}
        print(json.dumps(answer), flush=True)
    loop.close()


main()
