"""When an environment is made, and from what; the commands themselves are recorded instead of run."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deploy.environments.catalogue import DEV, Environment, overlay
from deploy.environments.install import Installer, SetupFailed
from deploy.progress import Progress


class Recorder(Installer):
    """Makes empty environments, and remembers with which commands and variables."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        super().__init__(root, Progress(), {"HOME": str(root), **environ})
        self.commands: list[list[str]] = []
        self.environs: list[Mapping[str, str]] = []
        self.fails = False

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> str:
        self.commands.append(list(command))
        self.environs.append(environ)
        if "sync" in command and self.fails:
            raise SetupFailed("no index")
        if "venv" in command:
            make_environment(Path(command[-1]))
        return ""

    def _pip_config(self) -> str:
        return ":env:.index-url='https://mirror.example/simple'\n"


def make_environment(folder: Path) -> None:
    (folder / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").touch()


def installer(root: Path, **environ: str) -> Recorder:
    (root / "requirements").mkdir(exist_ok=True)
    for name in ("dev", "test"):
        (root / "requirements" / f"{name}.txt").touch()
    (root / ".venv").mkdir(exist_ok=True)
    return Recorder(root, environ)


def lock(root: Path, environment: Environment) -> Path:
    return root / "requirements" / f"{environment.lock}.txt"


def test_an_environment_comes_from_its_lock_by_hash_as_wheels_with_bytecode(tmp_path: Path) -> None:
    one = installer(tmp_path)
    one.ensure(DEV)
    sync = one.commands[-1]
    assert {"--require-hashes", "--only-binary", "--compile-bytecode"} <= set(sync)
    assert sync[-1] == str(lock(tmp_path, DEV))


def test_what_is_up_to_date_is_not_made_again(tmp_path: Path) -> None:
    installer(tmp_path).ensure(DEV)
    again = installer(tmp_path)
    again.ensure(DEV)
    assert again.commands == []


def test_another_lock_makes_it_anew(tmp_path: Path) -> None:
    installer(tmp_path).ensure(DEV)
    lock(tmp_path, DEV).write_text("pytest==1\n")
    again = installer(tmp_path)
    again.ensure(DEV)
    assert len(again.commands) == 2


def test_an_interrupted_installation_is_repaired_by_the_next_call(tmp_path: Path) -> None:
    interrupted = installer(tmp_path)
    interrupted.fails = True
    with pytest.raises(SetupFailed):
        interrupted.ensure(DEV)
    again = installer(tmp_path)
    again.ensure(DEV)
    assert len(again.commands) == 2


def test_an_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    one = installer(tmp_path)
    one.ensure(DEV)
    one.python(DEV).unlink()
    again = installer(tmp_path)
    again.ensure(DEV)
    assert len(again.commands) == 2


def test_an_overlay_sees_the_packages_below_it(tmp_path: Path) -> None:
    base = tmp_path / ".venv" / "airflow"
    make_environment(base)
    installer(tmp_path).ensure(overlay("airflow-test", base))
    (pth,) = (tmp_path / ".venv" / "airflow-test").rglob("overlay.pth")
    assert pth.read_text().strip() == str(base / "lib" / "python3.12" / "site-packages")


def test_variables_that_would_bend_an_installation_do_not_reach_it(tmp_path: Path) -> None:
    one = installer(tmp_path, PYTHONDONTWRITEBYTECODE="1", PIP_TARGET="/elsewhere", PYTHONPATH="/x")
    one.ensure(DEV)
    for environ in one.environs:
        assert not {"PYTHONDONTWRITEBYTECODE", "PIP_TARGET", "PYTHONPATH"} & set(environ)


def test_the_users_proxy_and_pips_index_reach_uv(tmp_path: Path) -> None:
    one = installer(tmp_path, HTTPS_PROXY="http://proxy.example:3128")
    one.ensure(DEV)
    assert one.environs[-1]["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert one.environs[-1]["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"


def test_a_home_that_cannot_be_written_gets_the_cache_beside_the_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    assert installer(tmp_path).uv_environ["UV_CACHE_DIR"] == str(tmp_path / ".venv" / "cache")


def test_a_second_setup_waits_for_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = installer(tmp_path), installer(tmp_path)
    order = []

    def wait() -> None:
        with second.alone():
            order.append("second")

    with first.alone():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join(timeout=0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "second"]
    assert "Waiting for another set-up" in capsys.readouterr().out


def test_a_failing_command_is_reported_in_full(tmp_path: Path) -> None:
    real = Installer(tmp_path, Progress(), {})
    with pytest.raises(SetupFailed, match=r"(?s)false --of-course.*configure one for pip or uv"):
        real.run(["false", "--of-course"], {})
