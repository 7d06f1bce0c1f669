"""A plain web server over a folder, one that knows ranges: web.py FOLDER"""

import http.server
import os
import sys
import urllib.parse

import serve

ROOT = sys.argv[1]


class Web(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        try:
            with open(os.path.join(ROOT, path.lstrip("/")), "rb") as file:
                content = file.read()
        except OSError:
            return self.answer(404, b"no such file")
        self.answer(*serve.sliced(self, content))

    do_HEAD = do_GET

    def answer(self, status, content, content_range=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


serve.serve(Web)
