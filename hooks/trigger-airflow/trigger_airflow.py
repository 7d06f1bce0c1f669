"""Starts a run of an Airflow DAG through its REST API, and waits for it if asked to."""

import base64
import json
import time
import urllib.parse

import mlv_hook
import mlv_http

CONFLICT = 409


class Airflow:
    def __init__(self, given):
        self.given = given
        self.client = mlv_http.Client(given)
        self.url = given["url"].rstrip("/")
        dag = urllib.parse.quote(given["dag"], safe="")
        self.runs = f"{self.url}/api/{given['api']}/dags/{dag}/dagRuns"
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        authorization = self.authorization()
        if authorization:
            self.headers["Authorization"] = authorization

    def authorization(self):
        token = mlv_hook.secret(self.given, "token")
        if token is not None:
            return f"Bearer {token}"
        user, password = (mlv_hook.secret(self.given, name) for name in ("user", "password"))
        if user is None or password is None:
            return None
        if self.given["api"] == "v1":
            return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        body = mlv_http.json_body({"username": user, "password": password})
        _, text = self.client.send("POST", f"{self.url}/auth/token", self.headers, body)
        return f"Bearer {read(text)['access_token']}"

    def start(self, run_id, conf):
        """Tells whether the run is new: a hook that is run again finds it started."""
        body = {"dag_run_id": run_id, "conf": conf}
        if self.given["api"] == "v2":
            body["logical_date"] = None
        body = mlv_http.json_body(body)
        status, _ = self.client.send("POST", self.runs, self.headers, body, welcome={CONFLICT})
        return status != CONFLICT

    def state(self, run_id):
        url = f"{self.runs}/{urllib.parse.quote(run_id, safe='')}"
        _, text = self.client.send("GET", url, self.headers)
        return read(text)["state"]


def read(text):
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        mlv_hook.refuse("Airflow answered with something that is no JSON object")
    return value


def wait(airflow, run_id, poll):
    while True:
        state = airflow.state(run_id)
        if state == "success":
            return mlv_hook.summary(f"{run_id} succeeded")
        if state == "failed":
            mlv_hook.refuse(f"{run_id} failed")
        time.sleep(poll)


def main():
    given, event = mlv_hook.parameters(), mlv_hook.event()
    del event["root"]
    run_id = f"mlv-{mlv_hook.identity(event)}"
    conf = {name: mlv_hook.fill(text, event) for name, text in given["conf"].items()}
    airflow = Airflow(given)
    new = airflow.start(run_id, {**conf, "mlv": event})
    print(f"{run_id} {'started' if new else 'had been started before'}", flush=True)
    if given["wait"]:
        wait(airflow, run_id, given["poll"])
    else:
        mlv_hook.summary(f"{run_id} {'started' if new else 'had been started before'}")


main()
