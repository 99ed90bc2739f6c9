from __future__ import annotations

from deploy.environments.package_index import pip_settings, uv_variables

LISTING = """\
global.index-url='https://mirror.example/simple'
global.extra-index-url='https://one.example/simple\\nhttps://two.example/simple'
global.timeout='5'
install.timeout='60'
:env:.index-url='https://nearer.example/simple'
"""


def test_pips_settings_come_from_files_and_variables_and_variables_win() -> None:
    settings = pip_settings(LISTING)
    assert settings["index-url"] == "https://nearer.example/simple"
    assert settings["timeout"] == "60"


def test_uv_is_told_the_index_that_pip_is_told() -> None:
    assert uv_variables({"index-url": "https://mirror.example/simple"}, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple"
    }


def test_further_indexes_are_all_searched_as_pip_searches_them() -> None:
    variables = uv_variables({"extra-index-url": "https://one.example\nhttps://two.example"}, {})
    assert variables == {
        "UV_INDEX": "https://one.example https://two.example",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_folders_certificates_proxies_and_trusted_hosts_are_passed_on() -> None:
    settings = {
        "find-links": "/wheels /more",
        "cert": "/ca.pem",
        "proxy": "http://proxy.example:3128",
        "trusted-host": "a.example b.example",
        "timeout": "60",
    }
    assert uv_variables(settings, {}) == {
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/ca.pem",
        "ALL_PROXY": "http://proxy.example:3128",
        "UV_INSECURE_HOST": "a.example b.example",
        "UV_HTTP_TIMEOUT": "60",
    }


def test_what_the_user_told_uv_itself_stays() -> None:
    pip = {"index-url": "https://pip.example", "extra-index-url": "https://more.example"}
    user = {"UV_INDEX_URL": "https://uv.example", "UV_INDEX": "https://own.example"}
    assert uv_variables(pip, user) == {}


def test_settings_that_do_not_concern_the_index_are_left_out() -> None:
    assert uv_variables({"disable-pip-version-check": "1", "user": "true"}, {}) == {}
