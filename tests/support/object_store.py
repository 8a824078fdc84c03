"""An S3 server of this machine, for tests of stores in object stores."""

import logging
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
}


@contextmanager
def object_store() -> Iterator[str]:
    """Serve an empty bucket on the loopback interface.

    Yields:
        An address that ``RecordStore`` takes.
    """
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    # One request at a time: moto does not bear several writes of one key at once.
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    place = f"127.0.0.1:{server.server_port}"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _ENVIRONMENT.items():
            patch.setenv(name, value)
        urllib.request.urlopen(urllib.request.Request(f"http://{place}/bucket", method="PUT")).close()
        yield f"s3://bucket/results?scheme=http&endpoint_override={place.replace(':', '%3A')}&region=us-east-1"
        server.shutdown()
        thread.join()
        server.server_close()
