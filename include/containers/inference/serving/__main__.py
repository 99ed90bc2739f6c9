"""``python -m serving``: serve the model in /opt/ml/model until SIGTERM."""

import os
import socket
import sys

import uvicorn

from serving import functions, log
from serving.app import App
from serving.drift import Drift
from serving.errors import Refused
from serving.http import Protocol
from serving.settings import Settings
from serving.workers import Workers

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 75  # longer than SageMaker keeps a connection idle: it closes first, and no request is lost
GRACE_SECONDS = 25  # of the 30 between SIGTERM and SIGKILL


def main() -> int:
    """Load, listen, answer; returns the exit status."""
    try:
        settings = Settings.read(os.environ)
        drift = Drift.read(os.environ)
        service = functions.load(settings.model, settings.limit)
    except Refused as error:
        log.tell("error", str(error))
        return 1
    with socket.create_server(("0.0.0.0", settings.port), backlog=BACKLOG) as listener:
        log.tell("info", "serving", port=settings.port, workers=settings.workers, own=sorted(service.own))
        return Workers(settings.workers, lambda: _serve(App(service, settings, drift), listener)).run()


def _serve(app: App, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        http=Protocol,
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run([listener])


sys.exit(main())
