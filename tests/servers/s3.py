"""moto, an S3 in memory, with the bucket `bucket`."""

import logging
import urllib.request

import serve
from moto.server import ThreadedMotoServer

logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
_, port = server.get_host_and_port()
make = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
urllib.request.urlopen(make).close()
serve.end_with_the_test()
serve.tell(port)
server._thread.join()
