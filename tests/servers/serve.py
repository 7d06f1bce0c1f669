"""What the servers of the tests share: a port of their own, told on stdout, and an end with the test."""

import http.server
import os
import sys
import threading

# What connections are wrapped in, where they are; see tls.py.
TLS = None


def tell(port):
    print(f"{'https' if TLS else 'http'}://127.0.0.1:{port}", flush=True)


def end_with_the_test(before_the_end=lambda: None):
    """Ends this process when stdin ends, as it does with the test, however that ends."""

    def watch():
        while sys.stdin.buffer.read(1):
            pass
        before_the_end()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def serve(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.log_message = lambda *_: None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if TLS:
        server.socket = TLS.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    end_with_the_test()
    tell(server.server_port)
    server.serve_forever()


def sliced(handler, content):
    """Returns the status, the part that a `Range` header asks for, and its `Content-Range`."""
    asked = handler.headers.get("Range", "")
    if not asked.startswith("bytes="):
        return 200, content, None
    first, last = asked.removeprefix("bytes=").split("-")
    first = int(first)
    last = min(int(last) if last else len(content), len(content) - 1)
    if first >= len(content):
        return 416, b"", f"bytes */{len(content)}"
    return 206, content[first : last + 1], f"bytes {first}-{last}/{len(content)}"
