"""Starts moto, an S3 in memory, for the tests."""

import logging
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.server import ThreadedMotoServer

_one_at_a_time = threading.Lock()
_answer = DomainDispatcherApplication.__call__


def start(refuse=lambda environ: None) -> ThreadedMotoServer:
    """Starts it. `refuse` returns the status and the code of an error where a request is not let in."""

    def answer(self, environ, start_response):
        error = refuse(environ)
        if error:
            status, code = error
            start_response(status, [("Content-Type", "application/xml")])
            return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]
        if "HTTP_IF_NONE_MATCH" not in environ:
            return _answer(self, environ, start_response)
        # Two threads of moto may both find that an object is absent; S3 never does.
        with _one_at_a_time:
            return _answer(self, environ, start_response)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    DomainDispatcherApplication.__call__ = answer
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    return server
