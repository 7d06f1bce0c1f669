"""moto, an S3 in memory, with the bucket `bucket`."""

import urllib.request

import moto_s3
import serve

server = moto_s3.start()
_, port = server.get_host_and_port()
make = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
urllib.request.urlopen(make).close()
serve.end_with_the_test()
serve.tell(port)
server._thread.join()
