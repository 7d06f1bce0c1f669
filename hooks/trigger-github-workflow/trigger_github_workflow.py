"""Starts a workflow of GitHub Actions: by its file, or by an event that workflows wait for."""

import urllib.parse

import mlv_hook
import mlv_http


def told(event):
    """Returns what a workflow is told; GitHub takes at most ten keys of a payload."""
    names = ("event", "hook", "run_id", "branch", "source_branch", "tree", "commit", "message")
    return {name: event[name] for name in names}


def request(given, event):
    """Returns the path and the body of the request."""
    repository = urllib.parse.quote(given["repository"])
    inputs = {name: mlv_hook.fill(text, event) for name, text in given["inputs"].items()}
    if given["workflow"] is None:
        payload = {**inputs, "mlv": told(event)}
        return f"/repos/{repository}/dispatches", {"event_type": given["event_type"], "client_payload": payload}
    workflow = urllib.parse.quote(given["workflow"], safe="")
    path = f"/repos/{repository}/actions/workflows/{workflow}/dispatches"
    return path, {"ref": given["ref"], "inputs": inputs}


def main():
    given, event = mlv_hook.parameters(), mlv_hook.event()
    path, body = request(given, event)
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {mlv_hook.secret(given, 'token')}",
        "Content-Type": "application/json",
        "User-Agent": "mlv",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    url = given["api_url"].rstrip("/") + path
    mlv_http.Client(given).send("POST", url, headers, mlv_http.json_body(body))
    what = given["workflow"] or f"event `{given['event_type']}`"
    mlv_hook.summary(f"{what} sent to {given['repository']}")


main()
