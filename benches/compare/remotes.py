#!/usr/bin/env python3
"""Sends the same data to a folder and to S3 on this machine with mlv, DVC and rclone, and brings it back.

    benches/compare/remotes.py [--scale 1.0] [--only files,large] [--places folder,s3] [--tools mlv,dvc,rclone]

`files` are 100 000 of 2 to 12 KB, `large` is 2 GiB in one file. S3 is moto, which keeps everything in its
memory and is slow itself: what it measures is how many requests a tool makes. Needs mlv, dvc (with dvc-s3)
and rclone on the PATH, and moto_server of `tests/servers/install.sh`. Wall seconds of one run each, the disk
synced before each step.
"""

import argparse
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from compare import MIB, ROOT, apart, environment, make_files, run, write_weights

S3 = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1"}


def make_large(where, scale, rng):
    os.makedirs(where)
    write_weights(os.path.join(where, "model.bin"), int(2048 * scale) * MIB, rng)


WORK = {"files": make_files, "large": make_large}


class Moto:
    """An S3 server of one's own, with one bucket."""

    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = os.path.join(ROOT, "target", "test-servers", "venv", "bin", "moto_server")
        self.process = subprocess.Popen(
            [server, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{self.url}/bucket", method="PUT"))
                return self
            except OSError:
                time.sleep(0.1)
        sys.exit("moto did not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def with_mlv(base, where, env, place, s3):
    """Returns the steps: send, send again, bring into a new clone."""
    repo = fresh(os.path.join(where, "repo"))
    shutil.copytree(base, os.path.join(repo, "data"))
    run(["mlv", "init", "-q"], repo, env, timed=False)
    run(["mlv", "add", "-q", "data"], repo, env, timed=False)
    run(["mlv", "commit", "-q", "-m", "one"], repo, env, timed=False)
    run(["mlv", "remote", "add", "origin", place + "/mlv"], repo, env, timed=False)
    send = run(["mlv", "push", "-q"], repo, env)
    again = run(["mlv", "push", "-q"], repo, env)
    bring = run(["mlv", "clone", "-q", place + "/mlv", "copy"], where, env)
    return send, again, bring


def with_dvc(base, where, env, place, s3):
    repo = fresh(os.path.join(where, "repo"))
    shutil.copytree(base, os.path.join(repo, "data"))
    run(["git", "init", "-q"], repo, env, timed=False)
    run(["dvc", "init", "-q"], repo, env, timed=False)
    run(["dvc", "add", "-q", "data"], repo, env, timed=False)
    run(["dvc", "remote", "add", "-q", "-d", "origin", place + "/dvc"], repo, env, timed=False)
    if s3:
        run(["dvc", "remote", "modify", "-q", "origin", "endpointurl", s3], repo, env, timed=False)
    run(["git", "add", "-A"], repo, env, timed=False)
    run(["git", "commit", "-q", "-m", "one"], repo, env, timed=False)
    send = run(["dvc", "push", "-q"], repo, env)
    again = run(["dvc", "push", "-q"], repo, env)
    run(["git", "clone", "-q", repo, "copy"], where, env, timed=False)
    bring = run(["dvc", "pull", "-q"], os.path.join(where, "copy"), env)
    return send, again, bring


def with_rclone(base, where, env, place, s3):
    os.makedirs(where, exist_ok=True)
    remote = f":s3,provider=Other,env_auth,endpoint='{s3}':bucket/rclone" if s3 else place + "/rclone"
    copy = ["rclone", "copy", "--transfers", "4", "--checkers", "8"]
    send = run([*copy, base, remote], where, env)
    again = run([*copy, base, remote], where, env)
    return send, again, run([*copy, remote, os.path.join(where, "copy")], where, env)


TOOLS = {"mlv": with_mlv, "dvc": with_dvc, "rclone": with_rclone}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--only", default="files,large")
    parser.add_argument("--places", default="folder,s3")
    parser.add_argument("--tools", default="mlv,dvc,rclone")
    parser.add_argument("--scratch", default=os.path.join(ROOT, "target", "compare"))
    options = parser.parse_args()
    home = os.path.join(options.scratch, "home")
    os.makedirs(home, exist_ok=True)
    print("| work | place | tool | send (s) | send again (s) | bring (s) | memory (MiB) |")
    print("|---|---|---|---:|---:|---:|---:|")
    for work in options.only.split(","):
        base = os.path.join(options.scratch, f"base-{work}")
        shutil.rmtree(base, ignore_errors=True)
        apart(WORK[work], base, options.scale, random.Random(42))
        for place in options.places.split(","):
            for tool in options.tools.split(","):
                where = fresh(os.path.join(options.scratch, f"remote-{tool}"))
                env = environment(home)
                if place == "folder":
                    target = fresh(os.path.join(options.scratch, "place"))
                    steps = TOOLS[tool](base, where, env, target, None)
                else:
                    with Moto() as moto:
                        env.update(S3, AWS_ENDPOINT_URL=moto.url, AWS_ALLOW_HTTP="true")
                        steps = TOOLS[tool](base, where, env, "s3://bucket", moto.url)
                seconds = " | ".join(f"{step.seconds:.2f}" for step in steps)
                memory = max(step.memory for step in steps)
                print(f"| {work} | {place} | {tool} | {seconds} | {memory:.0f} |", flush=True)
                for path in (where, os.path.join(options.scratch, "place")):
                    shutil.rmtree(path, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


if __name__ == "__main__":
    main()
