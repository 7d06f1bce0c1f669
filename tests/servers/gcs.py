"""As much of the XML interface of Google Cloud Storage as a remote needs, in memory; one bucket."""

import email.utils
import http.server
import itertools
import threading
import urllib.parse
from xml.sax.saxutils import escape

import serve

OBJECTS, UPLOADS = {}, {}
LOCK, NUMBERS = threading.Lock(), itertools.count(1)


class Bucket(http.server.BaseHTTPRequestHandler):
    def parts(self):
        address = urllib.parse.urlsplit(self.path)
        bucket, _, key = address.path.lstrip("/").partition("/")
        query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))
        return bucket, urllib.parse.unquote(key), query

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_PUT(self):
        body, (bucket, key, query) = self.body(), self.parts()
        if bucket != "bucket":
            return self.error(404, "NoSuchBucket")
        if "uploadId" in query:
            UPLOADS[query["uploadId"]][int(query["partNumber"])] = body
            return self.answer(200, b"", {"ETag": f'"part-{query["partNumber"]}"'})
        with LOCK:
            if self.headers.get("x-goog-if-generation-match") == "0" and key in OBJECTS:
                return self.error(412, "PreconditionFailed")
            number = self.store(key, body)
        self.answer(200, b"", {"ETag": f'"{number}"', "x-goog-generation": str(number)})

    def store(self, key, content):
        number = next(NUMBERS)
        OBJECTS[key] = (content, number, email.utils.formatdate(usegmt=True))
        return number

    def do_POST(self):
        self.body()
        _, key, query = self.parts()
        if "uploads" in query:
            upload = f"upload-{next(NUMBERS)}"
            UPLOADS[upload] = {}
            name, content = "InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>"
        else:
            parts = UPLOADS.pop(query["uploadId"])
            with LOCK:
                number = self.store(key, b"".join(parts[part] for part in sorted(parts)))
            name, content = "CompleteMultipartUploadResult", f"<ETag>{number}</ETag>"
        self.answer(200, f"<{name}>{content}</{name}>".encode())

    def do_GET(self):
        bucket, key, query = self.parts()
        if bucket != "bucket":
            return self.error(404, "NoSuchBucket")
        if not key:
            return self.list(query.get("prefix", ""))
        found = OBJECTS.get(key)
        if not found:
            return self.error(404, "NoSuchKey")
        content, number, modified = found
        status, content, content_range = serve.sliced(self, content)
        headers = {"ETag": f'"{number}"', "x-goog-generation": str(number), "Last-Modified": modified}
        if content_range:
            headers["Content-Range"] = content_range
        self.answer(status, content, headers)

    do_HEAD = do_GET

    def list(self, prefix):
        found = sorted((key, *value[:2]) for key, value in OBJECTS.items() if key.startswith(prefix))
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
            f"<LastModified>2026-01-31T12:00:00Z</LastModified><ETag>{number}</ETag></Contents>"
            for key, content, number in found
        )
        self.answer(200, f"<ListBucketResult>{contents}</ListBucketResult>".encode())

    def do_DELETE(self):
        _, key, query = self.parts()
        if "uploadId" in query:
            UPLOADS.pop(query["uploadId"], None)
        elif not OBJECTS.pop(key, None):
            return self.error(404, "NoSuchKey")
        self.answer(204, b"")

    def error(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code></Error>".encode())

    def answer(self, status, content, headers={}):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


serve.serve(Bucket)
