"""Requests that are tried again: JSON over HTTP, with what went wrong in one line."""

import email.utils
import json
import random
import time
import urllib.error
import urllib.parse
import urllib.request

from mlv_hook import counted, refuse

# What may go better the next time.
PASSING = {408, 425, 429, 500, 502, 503, 504}

LONGEST_WAIT = 60.0
LONGEST_ANSWER = 1 << 20


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would turn a POST into a GET, and could send a token elsewhere."""

    def redirect_request(self, *_):
        return None


class Client:
    def __init__(self, parameters):
        self.attempts = max(1, parameters["attempts"])
        self.backoff = parameters["backoff"]
        self.timeout = parameters["timeout"]
        self.opener = urllib.request.build_opener(_NoRedirect)

    def send(self, method, url, headers, body=None, welcome=()):
        """Returns the status and the text of the answer: 2xx or one of `welcome`. Refuses otherwise."""
        shown = _shown(url)
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            refuse(f"{shown} is no address of a web server")
        request = urllib.request.Request(url, data=body, headers=headers, method=method)
        for attempt in range(1, self.attempts + 1):
            status, text, problem, wait = self._once(request)
            if problem is None or status in welcome:
                return status, text
            if status is not None and status not in PASSING:
                refuse(f"{method} {shown}: {problem}")
            if attempt < self.attempts:
                print(f"{method} {shown}: {problem}", flush=True)
                time.sleep(self._pause(attempt, wait))
        refuse(f"{method} {shown}: {problem}, after {counted(self.attempts, 'attempt')}")

    def _once(self, request):
        """Returns the status, the text, what is wrong, and how long the server asks to wait."""
        try:
            with self.opener.open(request, timeout=self.timeout) as answer:
                return answer.status, answer.read(LONGEST_ANSWER).decode("utf-8", "replace"), None, None
        except urllib.error.HTTPError as error:
            text = error.read(LONGEST_ANSWER).decode("utf-8", "replace")
            problem = f"{error.code} {error.reason}{_detail(text)}"
            return error.code, text, problem, error.headers.get("Retry-After")
        except urllib.error.URLError as error:
            return None, "", str(error.reason), None
        except (OSError, ValueError) as error:
            return None, "", str(error) or type(error).__name__, None

    def _pause(self, attempt, asked):
        pause = self.backoff * 2 ** (attempt - 1) * random.uniform(0.75, 1.25)
        return min(max(pause, _seconds(asked)), LONGEST_WAIT)


def _seconds(asked):
    """Returns what `Retry-After` asks for: a number of seconds, or a date."""
    if not asked:
        return 0.0
    try:
        return float(asked)
    except ValueError:
        pass
    try:
        return email.utils.parsedate_to_datetime(asked).timestamp() - time.time()
    except ValueError:
        return 0.0


def _detail(text):
    """Returns what the server says about it, as far as a line holds it."""
    try:
        value = json.loads(text)
        text = value.get("detail") or value.get("message") or ""
    except (ValueError, AttributeError):
        return ""
    line = " ".join(str(text).split())[:200]
    return f": {line}" if line else ""


def _shown(url):
    """Returns an address without what may be secret in it."""
    parts = urllib.parse.urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def json_body(value):
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
