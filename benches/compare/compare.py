#!/usr/bin/env python3
"""Runs the same work with mlv, DVC, git-lfs, restic and cp, and prints one table.

    benches/compare/run [--scale 1.0] [--only weights,files,csv] [--tools mlv,dvc,…] [--keep] [--json FILE]

All tools work on the same bytes, on the same disk, in the same run; before each step the disk is
synced, so that nobody pays for what another wrote. Wall seconds are medians over --runs runs of
the whole series; memory is the largest resident set of any process of the step, in MiB.
Python's standard library only; `run` installs the peers.
"""

import argparse
import array
import json
import multiprocessing
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MIB = 1 << 20


class Step:
    """What one step of one tool took."""

    def __init__(self, seconds, memory):
        self.seconds, self.memory = seconds, memory


def environment(home):
    """Returns an environment in which no tool finds the user's settings."""
    keep = {k: v for k, v in os.environ.items() if k in ("PATH", "LANG", "TZ")}
    keep.update(
        HOME=home, GIT_AUTHOR_NAME="b", GIT_AUTHOR_EMAIL="b@example.com", GIT_COMMITTER_NAME="b",
        GIT_COMMITTER_EMAIL="b@example.com", MLV_AUTHOR_NAME="b", MLV_AUTHOR_EMAIL="b@example.com",
        RESTIC_PASSWORD="x", DVC_NO_ANALYTICS="1", GIT_CONFIG_NOSYSTEM="1",
    )
    return keep


def run(command, cwd, env, timed=True):
    """Runs a command and returns its Step; a failure ends the comparison."""
    if timed:
        os.sync()
    log = open(os.path.join(env["HOME"], "log"), "ab")
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        tail = open(log.name, errors="replace").read()[-2000:]
        sys.exit(f"{' '.join(command)} failed in {cwd}:\n{tail}")
    return Step(seconds, usage.ru_maxrss / 1024)


def apart(work, *arguments):
    """Runs a function in a process of its own. The kernel counts the memory of a process from before
    it became another program, so this one has to stay small for what it measures to be true."""
    process = multiprocessing.get_context("fork").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        sys.exit(f"{work.__name__} failed")


def together(steps):
    """Returns the steps as one: seconds added, the largest memory."""
    return Step(sum(s.seconds for s in steps), max(s.memory for s in steps))


def disk(path):
    """Returns the bytes a directory takes, as the sum of its files' lengths."""
    total = 0
    for base, _, names in os.walk(path):
        total += sum(os.lstat(os.path.join(base, name)).st_size for name in names)
    return total


# ---- The data -----------------------------------------------------------------------------------


def write_weights(path, size, rng):
    """Writes float32 values of N(0, 0.02): real exponents, no two blocks alike."""
    with open(path, "wb") as out:
        written = 0
        shape = array.array("f", (rng.gauss(0, 0.02) for _ in range(MIB // 4))).tobytes()
        while written < size:
            block = bytearray(shape)
            block[0::4] = rng.randbytes(MIB // 4)
            block[1::4] = rng.randbytes(MIB // 4)
            turn = rng.randrange(MIB // 4) * 4
            out.write(block[turn:] + block[:turn])
            written += MIB


def make_weights(where, scale, rng):
    os.makedirs(where)
    write_weights(os.path.join(where, "model.bin"), int(1024 * scale) * MIB, rng)


def change_weights(where, rng):
    """Overwrites 1 % of the file, in ten places."""
    path = os.path.join(where, "model.bin")
    size = os.path.getsize(path)
    with open(path, "r+b") as out:
        for part in range(10):
            out.seek(size * part // 10 + rng.randrange(size // 20))
            out.write(rng.randbytes(size // 1000))


def make_files(where, scale, rng):
    count = int(100_000 * scale)
    pool = rng.randbytes(64 * MIB)
    for number in range(count):
        folder = os.path.join(where, f"class_{number % 100:03}")
        if number < 100:
            os.makedirs(folder, exist_ok=True)
        start, size = rng.randrange(len(pool) - 12288), rng.randrange(2048, 12288)
        with open(os.path.join(folder, f"{number:06}.bin"), "wb") as out:
            out.write(number.to_bytes(8, "little") + pool[start:start + size - 8])


def change_files(where, rng):
    """Changes one file in a hundred."""
    names = sorted(os.path.join(base, n) for base, _, names in os.walk(where) for n in names)
    for path in rng.sample(names, len(names) // 100):
        with open(path, "ab") as out:
            out.write(b"changed")


def csv_row(number, rng):
    return (f"{number},{rng.randrange(18, 90)},{rng.choice(('basic', 'plus', 'pro'))},"
            f"{rng.random() * 200:.2f},2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02},"
            f"{rng.getrandbits(64):016x}\n")


def make_csv(where, scale, rng):
    os.makedirs(where)
    goal, number, written = int(340 * scale) * MIB, 0, 0
    with open(os.path.join(where, "customers.csv"), "w") as out:
        while written < goal:
            rows = "".join(csv_row(number + i, rng) for i in range(1000))
            number += 1000
            written += out.write(rows)


def change_csv(where, rng):
    """Inserts 1 000 rows in the middle."""
    path = os.path.join(where, "customers.csv")
    data = open(path, "rb").read()
    middle = data.index(b"\n", len(data) // 2) + 1
    rows = "".join(csv_row(10 ** 9 + i, rng) for i in range(1000)).encode()
    with open(path, "wb") as out:
        out.write(data[:middle] + rows + data[middle:])


WORKLOADS = {
    "weights": (make_weights, change_weights),
    "files": (make_files, change_files),
    "csv": (make_csv, change_csv),
}


# ---- The tools ----------------------------------------------------------------------------------


class Tool:
    """A tool in a directory of its own, whose data lies in `data/`."""

    def __init__(self, where, env):
        self.where, self.env = where, env
        self.data = os.path.join(where, "data")

    def do(self, *commands, timed=True):
        return together([run(list(c), self.where, self.env, timed) for c in commands])

    def branch(self):
        return None

    def status(self):
        return None


class Mlv(Tool):
    store_name = ".mlv"

    def setup(self):
        self.do(("mlv", "init"), timed=False)

    def add(self):
        return self.do(("mlv", "add", "data"))

    def commit(self, message):
        return self.do(("mlv", "commit", "-q", "-m", message))

    def status(self):
        return self.do(("mlv", "status"))

    def back(self):
        return self.do(("mlv", "switch", "-q", "--detach", "HEAD~1"))

    def branch(self):
        return self.do(("mlv", "branch", f"b{time.time_ns()}"))


class Dvc(Tool):
    store_name = ".dvc"

    def setup(self):
        self.do(("git", "init", "-q"), ("dvc", "init", "-q"), ("git", "commit", "-qm", "init"), timed=False)

    def add(self):
        return self.do(("dvc", "add", "-q", "data"))

    def commit(self, message):
        return self.do(("git", "add", "-A"), ("git", "commit", "-qm", message))

    def status(self):
        return self.do(("dvc", "status", "-q"))

    def back(self):
        return self.do(("git", "checkout", "-q", "HEAD~1"), ("dvc", "checkout", "-q"))

    def branch(self):
        return self.do(("git", "branch", f"b{time.time_ns()}"))


class GitLfs(Tool):
    store_name = ".git"

    def setup(self):
        self.do(("git", "init", "-q"), ("git", "lfs", "install", "--local"),
                ("git", "lfs", "track", "data/**"), timed=False)

    def add(self):
        return self.do(("git", "add", "-A"))

    def commit(self, message):
        return self.do(("git", "commit", "-qm", message))

    def status(self):
        return self.do(("git", "status"))

    def back(self):
        return self.do(("git", "checkout", "-q", "HEAD~1"))

    def branch(self):
        return self.do(("git", "branch", f"b{time.time_ns()}"))


class Restic(Tool):
    store_name = "repository"

    def setup(self):
        self.do(("restic", "-r", "repository", "init", "-q"), timed=False)

    def add(self):
        return self.do(("restic", "-r", "repository", "backup", "-q", "data"))

    def commit(self, message):
        return None

    def back(self):
        listing = subprocess.run(["restic", "-r", "repository", "snapshots", "--json"], cwd=self.where,
                                 env=self.env, capture_output=True, check=True).stdout
        first = json.loads(listing)[0]["id"]
        return self.do(("restic", "-r", "repository", "restore", "-q", first, "--target", "."))


class Cp(Tool):
    store_name = "copy"

    def setup(self):
        os.makedirs(os.path.join(self.where, "copy"))

    def add(self):
        return self.do(("cp", "-r", "data", f"copy/{time.time_ns()}"))

    def commit(self, message):
        return None

    def back(self):
        first = sorted(os.listdir(os.path.join(self.where, "copy")))[0]
        return self.do(("rm", "-r", "data"), ("cp", "-r", f"copy/{first}", "data"))


TOOLS = {"mlv": Mlv, "dvc": Dvc, "git-lfs": GitLfs, "restic": Restic, "cp": Cp}
STEPS = ["add", "commit", "status", "branch", "add again", "commit again", "back"]


def series(tool, workload, rng_seed):
    """Runs the whole series of one tool; returns steps by name and the store's bytes after each version."""
    _, change = WORKLOADS[workload]
    steps = {}
    tool.setup()
    before = disk(os.path.join(tool.where, tool.store_name))
    steps["add"], steps["commit"] = tool.add(), tool.commit("one")
    first = disk(os.path.join(tool.where, tool.store_name)) - before
    # A clean status of a tool that has just been told everything; the first may settle its cache.
    time.sleep(1.1)
    tool.status()
    steps["status"], steps["branch"] = tool.status(), tool.branch()
    apart(change, tool.data, random.Random(rng_seed))
    steps["add again"], steps["commit again"] = tool.add(), tool.commit("two")
    second = disk(os.path.join(tool.where, tool.store_name)) - before - first
    steps["back"] = tool.back()
    return steps, first, second


def same(a, b):
    return subprocess.run(["diff", "-rq", a, b], stdout=subprocess.DEVNULL).returncode == 0


def warm_memory(scratch):
    """Writes and removes a file. A virtual machine pays much for memory that it has not touched yet;
    without this, the first tool pays for all that come after it."""
    path = os.path.join(scratch, "warm")
    with open(path, "wb") as out:
        for _ in range(3 * 1024):
            out.write(bytes(MIB))
    os.sync()
    os.remove(path)


def measure(options, workload, name, base, env):
    """Runs a series --runs times; returns medians by step, memory, and bytes stored."""
    runs, stored = [], None
    for _ in range(options.runs):
        where = os.path.join(options.scratch, f"{workload}-{name}")
        shutil.rmtree(where, ignore_errors=True)
        os.makedirs(where)
        subprocess.run(["cp", "-r", base, os.path.join(where, "data")], check=True)
        tool = TOOLS[name](where, env)
        apart(warm_memory, options.scratch)
        steps, first, second = series(tool, workload, 7)
        if not same(base, tool.data):
            sys.exit(f"{name}: what came back is not what went in")
        runs.append(steps)
        stored = (first, second)
        if not options.keep:
            shutil.rmtree(where, ignore_errors=True)
    result = {"stored": stored[0], "stored again": stored[1], "seconds": {}, "memory": 0}
    for step in STEPS:
        taken = [r[step] for r in runs if r.get(step)]
        if taken:
            result["seconds"][step] = statistics.median(s.seconds for s in taken)
            result["memory"] = max(result["memory"], max(s.memory for s in taken))
    return result


# ---- Hooks --------------------------------------------------------------------------------------


def hooks_of_mlv(where, env, count):
    """Returns how long a commit with so many hooks that do nothing takes, and the same once more."""
    run(["mlv", "init"], where, env, timed=False)
    lines = ["version: 1", "hooks:"]
    for i in range(count):
        needs = f", needs: [h{i - 10}]" if i >= 10 else ""
        # Hooks that say the same share a verdict, so each says something of its own.
        lines.append(f"  h{i}: {{on: pre-commit, inputs: [none/**], run: 'true {i}'{needs}}}")
    with open(os.path.join(where, "mlv.yaml"), "w") as out:
        out.write("\n".join(lines) + "\n")
    run(["mlv", "add", "mlv.yaml"], where, env, timed=False)
    first = run(["mlv", "commit", "-q", "-m", "one"], where, env)
    with open(os.path.join(where, "other"), "w") as out:
        out.write("x\n")
    run(["mlv", "add", "other"], where, env, timed=False)
    return first, run(["mlv", "commit", "-q", "-m", "two"], where, env)


def stages_of_dvc(where, env, count):
    """Returns how long `dvc repro` of so many stages that do nothing takes, and the same once more."""
    run(["git", "init", "-q"], where, env, timed=False)
    run(["dvc", "init", "-q"], where, env, timed=False)
    lines = ["stages:"]
    for i in range(count):
        # A stage has to make something for another to need it.
        depends = f"\n    deps: [s{i - 10}]" if i >= 10 else ""
        lines.append(f"  s{i}:\n    cmd: touch s{i}{depends}\n    outs: [{{s{i}: {{cache: false}}}}]")
    with open(os.path.join(where, "dvc.yaml"), "w") as out:
        out.write("\n".join(lines) + "\n")
    first = run(["dvc", "repro", "-q"], where, env)
    return first, run(["dvc", "repro", "-q"], where, env)


def compare_hooks(options, env):
    """Measures a graph of hooks that do nothing against DVC's stages that do as little."""
    print(f"\n### hooks: {options.hooks} that do nothing\n")
    print("| tool | first (s) | again (s) | each (ms) |\n|---|---:|---:|---:|")
    for name, work in (("mlv", hooks_of_mlv), ("dvc", stages_of_dvc)):
        if name in options.tools.split(","):
            where = os.path.join(options.scratch, f"hooks-{name}")
            shutil.rmtree(where, ignore_errors=True)
            os.makedirs(where)
            first, again = work(where, env, options.hooks)
            print(f"| {name} | {first.seconds:.2f} | {again.seconds:.2f} | {first.seconds / options.hooks * 1000:.1f} |")
            if not options.keep:
                shutil.rmtree(where, ignore_errors=True)


# ---- The report ---------------------------------------------------------------------------------


def ratio_lines(results):
    """Returns the targets of the project, each with what was measured."""
    def seconds(workload, tool, *steps):
        found = results.get(workload, {}).get(tool)
        return sum(found["seconds"][s] for s in steps) if found and all(s in found["seconds"] for s in steps) else None

    def best(workload, *steps):
        peers = [seconds(workload, t, *steps) for t in ("dvc", "git-lfs", "restic")]
        return min((p for p in peers if p is not None), default=None)

    rows = [
        ("add of the weights ≤ 0.5 × the best peer", seconds("weights", "mlv", "add"), best("weights", "add"), 0.5),
        ("add of the small files ≤ 0.5 × restic", seconds("files", "mlv", "add"), seconds("files", "restic", "add"), 0.5),
    ]
    for workload in results:
        rows.append((f"{workload}: second version (add + commit) ≤ 0.25 × DVC",
                     seconds(workload, "mlv", "add again", "commit again"),
                     seconds(workload, "dvc", "add again", "commit again"), 0.25))
        rows.append((f"{workload}: clean status ≤ 0.1 × DVC", seconds(workload, "mlv", "status"),
                     seconds(workload, "dvc", "status"), 0.1))
        rows.append((f"{workload}: switch back ≤ 0.5 × DVC", seconds(workload, "mlv", "back"),
                     seconds(workload, "dvc", "back"), 0.5))
    lines = []
    for text, ours, theirs, bound in rows:
        if ours is not None and theirs:
            lines.append((text, f"{ours:.3f} s / {theirs:.3f} s = {ours / theirs:.3f}", ours / theirs <= bound))
    csv = results.get("csv", {}).get("mlv")
    if csv:
        share = csv["stored again"] / csv["stored"]
        lines.append(("csv: version 2 stores ≤ 2 % more", f"{share * 100:.2f} %", share <= 0.02))
    for workload in results:
        mlv = results[workload].get("mlv")
        if mlv:
            lines.append((f"{workload}: branch ≤ 10 ms", f"{mlv['seconds']['branch'] * 1000:.1f} ms",
                          mlv["seconds"]["branch"] <= 0.010))
            lines.append((f"{workload}: peak memory ≤ 512 MiB", f"{mlv['memory']:.0f} MiB", mlv["memory"] <= 512))
    return lines


def report(results, version_ms):
    print(f"\nmachine: {os.cpu_count()} cores ({cpu_name()}), {memory_gib():.0f} GiB, "
          f"{platform.system()} {platform.release()}; {time.strftime('%Y-%m-%d')}\n")
    for workload, tools in results.items():
        print(f"### {workload}\n")
        print("| tool | " + " | ".join(f"{s} (s)" for s in STEPS) + " | stored (MiB) | version 2 adds (MiB) | memory (MiB) |")
        print("|---|" + "---:|" * (len(STEPS) + 3))
        for tool, r in tools.items():
            cells = [f"{r['seconds'][s]:.3f}" if s in r["seconds"] else "–" for s in STEPS]
            print(f"| {tool} | " + " | ".join(cells) +
                  f" | {r['stored'] / MIB:.1f} | {r['stored again'] / MIB:.1f} | {r['memory']:.0f} |")
        print()
    lines = ratio_lines(results)
    lines.append(("mlv --version ≤ 10 ms", f"{version_ms:.1f} ms", version_ms <= 10))
    print("| target | measured | met |\n|---|---|---|")
    for text, measured, met in lines:
        print(f"| {text} | {measured} | {'yes' if met else '**no**'} |")
    return all(met for _, _, met in lines)


def cpu_name():
    for line in open("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2 ** 30


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="size of the work; 1.0 is the documented one")
    parser.add_argument("--only", default="weights,files,csv,hooks")
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--hooks", type=int, default=1000, help="how many hooks the work `hooks` has")
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--scratch", default=os.path.join(ROOT, "target", "compare"))
    parser.add_argument("--keep", action="store_true", help="leave the tools' directories")
    parser.add_argument("--json", help="also write all figures to this file")
    options = parser.parse_args()

    home = os.path.join(options.scratch, "home")
    os.makedirs(home, exist_ok=True)
    env = environment(home)
    results = {}
    only = options.only.split(",")
    if "hooks" in only:
        only.remove("hooks")
        compare_hooks(options, env)
    if not only:
        return
    for workload in only:
        base = os.path.join(options.scratch, f"base-{workload}")
        shutil.rmtree(base, ignore_errors=True)
        print(f"making {workload} …", file=sys.stderr)
        apart(WORKLOADS[workload][0], base, options.scale, random.Random(42))
        results[workload] = {}
        for name in options.tools.split(","):
            print(f"  {name} …", file=sys.stderr)
            results[workload][name] = measure(options, workload, name, base, env)
        shutil.rmtree(base, ignore_errors=True)
    version_ms = statistics.median(run(["mlv", "--version"], home, env, timed=False).seconds for _ in range(21)) * 1000
    met = report(results, version_ms)
    if options.json:
        with open(options.json, "w") as out:
            json.dump({"scale": options.scale, "results": results, "version_ms": version_ms}, out, indent=1)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()
