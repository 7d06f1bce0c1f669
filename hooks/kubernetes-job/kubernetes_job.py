"""Runs a Kubernetes job through kubectl: created, waited for, its log shown, cleared away."""

import json
import os
import re
import shutil
import subprocess
import time

import mlv_hook

# How often in a row the cluster may fail to say how the job is.
PATIENCE = 5

LONGEST_NAME = 63
HANDED_ON = ("EVENT", "HOOK", "RUN_ID", "BRANCH", "TREE", "COMMIT", "SOURCE_BRANCH", "TARGET_BRANCH")


class Kubectl:
    def __init__(self, given):
        if shutil.which("kubectl") is None:
            mlv_hook.refuse("`kubectl` is not installed, or not on the PATH of mlv")
        options = {"--namespace": given["namespace"], "--context": given["context"]}
        self.options = [f"{name}={value}" for name, value in options.items() if value]

    def run(self, *words, given=None):
        """Returns how kubectl ended, with what it printed."""
        command = ["kubectl", *self.options, *words]
        return subprocess.run(
            command, input=given or "", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False
        )

    def must(self, *words, given=None):
        ended = self.run(*words, given=given)
        if ended.returncode != 0:
            mlv_hook.refuse(f"`kubectl {words[0]}` failed: {last_line(ended.stderr)}")
        return ended.stdout


def last_line(text):
    return (text.strip().splitlines() or ["it says nothing"])[-1]


def job_of(kubectl, manifest, event):
    """Returns the job of the manifest with a name of its own and the variables of the hook."""
    if not os.path.isfile(manifest):
        mlv_hook.refuse(f"there is no `{manifest}` in the tree")
    job = json.loads(kubectl.must("create", "--dry-run=client", "--output=json", f"--filename={manifest}"))
    if job.get("kind") != "Job":
        mlv_hook.refuse(f"`{manifest}` is no single job, but {job.get('kind')}")
    metadata = job["metadata"]
    base = metadata.pop("name", None) or metadata.pop("generateName", event["hook"])
    metadata["name"] = name_of(base, event)
    metadata.setdefault("labels", {})["mlv/run"] = event["run_id"]
    pod = job["spec"]["template"]["spec"]
    for container in pod.get("initContainers", []) + pod["containers"]:
        told = {f"MLV_{name}": os.environ.get(f"MLV_{name}", "") for name in HANDED_ON}
        own = [variable for variable in container.get("env", []) if variable["name"] not in told]
        container["env"] = own + [{"name": name, "value": value} for name, value in told.items()]
    return job


def name_of(base, event):
    ending = re.sub(r"[^a-z0-9-]", "-", mlv_hook.identity(event).lower())
    return f"{base.strip('-')[: LONGEST_NAME - len(ending) - 1]}-{ending}"


def state_of(job):
    """Returns `Complete`, `Failed` or nothing, and why."""
    for condition in job.get("status", {}).get("conditions", []):
        if condition.get("type") in ("Complete", "Failed") and condition.get("status") == "True":
            return condition["type"], condition.get("message") or condition.get("reason") or ""
    return None, ""


def create(kubectl, job):
    """Creates the job, or finds the one that an earlier attempt of this run has left."""
    name = job["metadata"]["name"]
    found = kubectl.run("get", "job", name, "--output=json")
    if found.returncode == 0:
        if state_of(json.loads(found.stdout))[0] != "Failed":
            return print(f"job {name} had been created before", flush=True)
        kubectl.must("delete", "job", name, "--wait=true")
    kubectl.must("create", "--filename=-", given=json.dumps(job))
    print(f"job {name} created", flush=True)


def wait(kubectl, name, poll):
    """Returns how the job ended, and why."""
    failures = 0
    while True:
        looked = kubectl.run("get", "job", name, "--output=json")
        failures = failures + 1 if looked.returncode != 0 else 0
        if failures >= PATIENCE:
            mlv_hook.refuse(f"`kubectl get` failed: {last_line(looked.stderr)}")
        state, why = state_of(json.loads(looked.stdout)) if failures == 0 else (None, "")
        if state:
            return state, why
        time.sleep(poll)


def show_log(kubectl, name):
    logs = kubectl.run("logs", f"job/{name}", "--all-containers=true", "--tail=-1")
    print(logs.stdout if logs.returncode == 0 else f"no log: {last_line(logs.stderr)}", flush=True)


def main():
    given, event = mlv_hook.parameters(), mlv_hook.event()
    kubectl = Kubectl(given)
    job = job_of(kubectl, given["manifest"], event)
    name, state = job["metadata"]["name"], None
    mlv_hook.end_on_signals()
    try:
        create(kubectl, job)
        state, why = wait(kubectl, name, given["poll"])
        show_log(kubectl, name)
    finally:
        # A job that was not waited for to its end would go on for nobody.
        if state is None or given["keep"] == "never" or (given["keep"] == "failed" and state == "Complete"):
            kubectl.run("delete", "job", name, "--wait=false", "--ignore-not-found=true")
    if state == "Failed":
        mlv_hook.refuse(f"job {name} failed{f': {why}' if why else ''}")
    mlv_hook.summary(f"job {name} complete")


main()
