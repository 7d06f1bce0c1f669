"""moto, an S3 in memory, with the buckets `bucket` and `versioned`, which keeps old versions."""

import urllib.request

import moto_s3
import serve

server = moto_s3.start()
_, port = server.get_host_and_port()


def put(path, body=None):
    headers = {"Content-Type": "application/xml"}
    make = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", body, headers, method="PUT")
    urllib.request.urlopen(make).close()


put("bucket")
put("versioned")
put(
    "versioned?versioning",
    b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
)
serve.end_with_the_test()
serve.tell(port)
server._thread.join()
