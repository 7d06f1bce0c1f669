"""A plain web server over a folder, one that knows ranges: web.py FOLDER [flaky]

A flaky one is busy at every third request, and breaks off in the middle of every third body.
"""

import http.server
import itertools
import os
import sys
import urllib.parse

import serve

ROOT = sys.argv[1]
FLAKY = sys.argv[2:] == ["flaky"]
REQUESTS = itertools.count(1)


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        turn = next(REQUESTS) % 3 if FLAKY else None
        if turn == 0:
            return self.answer(503, b"busy")
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            with open(os.path.join(ROOT, path.lstrip("/")), "rb") as file:
                content = file.read()
        except OSError:
            return self.answer(404, b"no such file")
        status, content, content_range = serve.sliced(self, content)
        self.answer(status, content, content_range, len(content) // 2 if turn == 1 else None)

    do_HEAD = do_GET

    def answer(self, status, content, content_range=None, end=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:end])
        if end is not None:
            self.close_connection = True


serve.serve(Web)
