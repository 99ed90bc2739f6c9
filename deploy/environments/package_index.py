"""The user's package index, for uv.

uv reads its own settings and not pip's. Where a machine is set up for pip only (files or PIP_ variables),
uv is told the same through variables of its own, for the time of the set-up: no index address is ever
written to a file.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

# pip's setting: uv's variable, and what separates several values there.
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "client-cert": ("SSL_CLIENT_CERT", " "),
    "proxy": ("ALL_PROXY", " "),
    "default-timeout": ("UV_HTTP_TIMEOUT", " "),
    "timeout": ("UV_HTTP_TIMEOUT", " "),
}
OLD_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
# Later sections win, as in pip itself.
SECTIONS = ("global", "install", ":env:")


def pip_settings(listing: str) -> dict[str, str]:
    """The settings in force, from what `pip config list` prints: `global.index-url='https://...'`."""
    settings: dict[str, str] = {}
    rows = [line.partition("=") for line in listing.splitlines() if "=" in line]
    for section in SECTIONS:
        for key, _, value in rows:
            if key.startswith(f"{section}."):
                settings[key.removeprefix(f"{section}.")] = str(ast.literal_eval(value))
    return settings


def uv_variables(settings: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that tell uv what pip is told; whatever the user told uv directly stays as it is."""
    variables = {}
    for name, value in settings.items():
        variable, separator = UV_VARIABLES.get(name, ("", ""))
        if variable and variable not in environ and OLD_NAMES.get(variable, variable) not in environ:
            variables[variable] = separator.join(value.split())
    if "UV_INDEX" in variables:
        # pip looks into every index; uv by default only into the first that knows the name. The locks' hashes
        # make that difference harmless: no index can put in another file.
        variables.setdefault("UV_INDEX_STRATEGY", environ.get("UV_INDEX_STRATEGY", "unsafe-best-match"))
    return variables
