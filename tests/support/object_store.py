"""An S3 server of this machine, for tests of stores in object stores.

``python -m tests.support.object_store HOST`` serves on that address of the machine, says in a line where, and ends with
its input.
"""

import logging
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def object_store(host: str = "127.0.0.1") -> Iterator[str]:
    """Serve an empty bucket, by default on the loopback interface.

    Yields:
        An address that ``RecordStore`` takes.
    """
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # One request at a time: moto does not bear several writes of one key at once.
    server = make_server(host, 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place = f"{host}:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        urllib.request.urlopen(urllib.request.Request(f"http://{place}/bucket", method="PUT")).close()
        yield f"s3://bucket/results?scheme=http&endpoint_override={place.replace(':', '%3A')}&region=us-east-1"
        server.shutdown()
        thread.join()
        server.server_close()


if __name__ == "__main__":
    with object_store(sys.argv[1]) as address:
        print(address, flush=True)
        sys.stdin.read()
