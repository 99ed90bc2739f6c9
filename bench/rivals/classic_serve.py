"""``classic_serve.py PORT FOLDER [nginx]``: start `classic` as the ``serve`` of AWS's samples does: gunicorn's sync
workers, and nginx in front of them where it is named. Both end when one does. ``FOLDER`` takes nginx's files."""

import getpass
import signal
import subprocess
import sys
import time
from pathlib import Path

WORKERS = "2"
# The sample's own, but for where its files lie and whose processes they are.
CONFIGURATION = """
user {user};
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log {folder}/access.log combined;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream gunicorn {{ server unix:{folder}/gunicorn.sock; }}
  server {{
    listen 127.0.0.1:{port} deferred;
    client_max_body_size 5m;
    keepalive_timeout 5;
    proxy_read_timeout 1200s;
    location ~ ^/(ping|invocations) {{
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header Host $http_host;
      proxy_redirect off;
      proxy_pass http://gunicorn;
    }}
    location / {{ return 404 "{{}}"; }}
  }}
}}
"""


def main(port: str, folder: str, nginx: str | None = None) -> None:
    """Run until one ends, or SIGTERM."""
    place = f"unix:{folder}/gunicorn.sock" if nginx else f"127.0.0.1:{port}"
    here = str(Path(__file__).parent)
    options = ["-w", WORKERS, "--log-level", "error", "--chdir", here, "-b", place]
    commands = [[sys.executable, "-m", "gunicorn", *options, "classic:app"]]
    if nginx:
        file = Path(folder) / "nginx.conf"
        file.write_text(CONFIGURATION.format(user=getpass.getuser(), folder=folder, port=port))
        commands.append([nginx, "-c", str(file)])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    started = [subprocess.Popen(command) for command in commands]
    try:
        while all(process.poll() is None for process in started):
            time.sleep(0.2)
    finally:
        for process in started:
            process.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
