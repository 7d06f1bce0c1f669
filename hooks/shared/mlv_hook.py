"""What every action stands on: its parameters, the event, the changed files, the answer."""

import json
import os
import re
import signal
import stat
import sys

# More findings than this are counted, but not told one by one.
MOST_FINDINGS = 1000


def parameters():
    return json.loads(os.environ["MLV_WITH"])


def event():
    return json.load(sys.stdin)


def refuse(summary):
    """Ends the hook: the deed is refused for this reason."""
    print(summary)
    _answer({"summary": summary})
    sys.exit(1)


def secret(parameters, name):
    """Returns the value of the variable that a parameter names, or None where it names none."""
    variable = parameters[name]
    if variable is None:
        return None
    value = os.environ.get(variable, "").strip()
    if not value:
        refuse(f"the environment variable {variable} is not set (parameter `{name}`)")
    return value


def changed_files(exclude=()):
    """Yields the changed paths that are files now, in the order of the event."""
    excluded = [_glob(pattern) for pattern in exclude]
    with open(os.environ["MLV_CHANGED_FILES"], "rb") as lines:
        names = lines.read().split(b"\n")
    for name in names:
        path = _existing(name)
        if path is not None and not any(glob.fullmatch(shown(path)) for glob in excluded):
            yield path


def _existing(name):
    """Returns the path of a file with this name; a name with a line break stands escaped."""
    unescaped = re.sub(rb"\\x([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), name)
    for path in (name, unescaped):
        try:
            if path and stat.S_ISREG(os.lstat(path).st_mode):
                return path
        except OSError:
            pass
    return None


def shown(path):
    """Returns a path as mlv shows it."""
    text = path.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character):
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def _glob(pattern):
    """Returns the expression of a glob, as `mlv.yaml` has them; mlv has refused those that are none."""
    special = re.compile(r"\*\*/?|[*?{},]|\\.|\[[!^]?\]?[^\]]*\]", re.DOTALL)
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")"}
    parts, at, depth = [], 0, 0
    # A directory names everything below it, as does a path without any sign.
    plain = pattern.endswith("/") or not re.search(r"[*?\[\]{}]", pattern)
    pattern = pattern.rstrip("/")
    for match in special.finditer(pattern):
        sign = match[0]
        parts.append(re.escape(pattern[at : match.start()]))
        at, depth = match.end(), depth + {"{": 1, "}": -1}.get(sign, 0)
        if sign == ",":
            parts.append("|" if depth else ",")
        elif sign[0] == "\\":
            parts.append(re.escape(sign[1]))
        elif sign[0] == "[":
            parts.append(re.sub(r"\\", r"\\\\", sign).replace("[!", "[^", 1))
        else:
            parts.append(meanings[sign])
    parts.append(re.escape(pattern[at:]))
    return re.compile("".join(parts) + ("(?:/.*)?" if plain else ""), re.DOTALL)


class Findings:
    """What an action finds wrong, told one by one, then summed up."""

    def __init__(self):
        self.count = 0
        self.paths = set()

    def add(self, path, message, row=None):
        self.count += 1
        self.paths.add(path)
        if self.count > MOST_FINDINGS:
            return
        name = shown(path)
        print(f"{name}:{row}: {message}" if row else f"{name}: {message}")
        note = {"level": "fail", "path": name, "message": message}
        if row:
            note["row"] = row
        _answer({"annotation": note})

    def end(self, passed, refused):
        """Ends the hook with what was found, or with `passed` where nothing was."""
        _answer({"summary": refused if self.count else passed})
        sys.exit(1 if self.count else 0)


def summary(text):
    print(text)
    _answer({"summary": text})


def metrics(values):
    _answer({"metric": values})


def counted(number, noun):
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _answer(value):
    with open(os.environ["MLV_OUTPUT"], "a", encoding="utf-8") as output:
        output.write(json.dumps(value) + "\n")


def end_on_signals():
    """Lets `finally` blocks run when the hook is asked to end, at its timeout or at Ctrl-C."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def identity(event, length=8):
    """Returns a name for this run that no other repository has: a run resumed keeps it."""
    content = (event["commit"] or event["tree"] or "")[:length]
    return f"{event['run_id']}-{content}".strip("-")


def fields(event):
    """Returns what texts may name in braces."""
    author = event["author"] or {}
    git = event["git"] or {}
    return {
        "event": event["event"],
        "hook": event["hook"],
        "run_id": event["run_id"],
        "branch": event["branch"] or "",
        "source_branch": event["source_branch"] or "",
        "target_branch": event["target_branch"] or "",
        "tag": event["tag"] or "",
        "commit": event["commit"] or "",
        "short_commit": (event["commit"] or "")[:10],
        "tree": event["tree"] or "",
        "message": event["message"] or "",
        "subject": (event["message"] or "").split("\n")[0],
        "author": author.get("name", ""),
        "email": author.get("email", ""),
        "changes": str(len(event["changes"])),
        "git_commit": git.get("commit", ""),
    }


def fill(text, event):
    """Returns the text with `{field}` replaced; a name that is no field stays."""
    known = fields(event)
    return re.sub(r"\{(\w+)\}", lambda m: known.get(m[1], m[0]), text)
