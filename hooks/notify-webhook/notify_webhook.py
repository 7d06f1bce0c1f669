"""Tells a web server what happened: the event as JSON, signed, tried again."""

import hashlib
import hmac

import mlv_hook
import mlv_http


def headers(given, event, body):
    told = {
        **given["headers"],
        "Content-Type": "application/json",
        "User-Agent": "mlv",
        "X-Mlv-Event": event["event"],
        # A run that is resumed keeps its id: who has seen it need not act again.
        "Idempotency-Key": event["run_id"],
    }
    key = mlv_hook.secret(given, "secret")
    if key is not None:
        digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
        told["X-Mlv-Signature-256"] = f"sha256={digest}"
    token = mlv_hook.secret(given, "token")
    if token is not None:
        told["Authorization"] = f"Bearer {token}"
    return told


def main():
    given, event = mlv_hook.parameters(), mlv_hook.event()
    # Where the repository lies on this machine is nobody's business.
    del event["root"]
    body = mlv_http.json_body(event)
    status, _ = mlv_http.Client(given).send("POST", given["url"], headers(given, event, body), body)
    mlv_hook.summary(f"told: {status}")


main()
