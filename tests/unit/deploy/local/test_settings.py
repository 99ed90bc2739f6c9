from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.settings import InvalidSetting, local_folder, read

ROOT = Path("/clone")


def test_the_defaults_are_the_ports_everybody_knows() -> None:
    settings = read(ROOT, {}, {})
    assert (settings.airflow_port, settings.aws_port) == (8080, 4566)
    assert settings.airflow_url == "http://127.0.0.1:8080"
    assert settings.local == ROOT / ".local"


def test_empty_variables_as_make_exports_them_count_as_unset() -> None:
    assert read(ROOT, {"AIRFLOW_PORT": "", "AWS_PORT": "", "LOCAL_DIR": ""}, {}) == read(ROOT, {}, {})


def test_ports_and_folder_can_be_chosen() -> None:
    settings = read(ROOT, {"AIRFLOW_PORT": "9080", "AWS_PORT": "9566", "LOCAL_DIR": "state"}, {})
    assert (settings.airflow_port, settings.aws_port, settings.local) == (9080, 9566, ROOT / "state")


def test_a_folder_outside_the_clone_can_be_chosen(tmp_path: Path) -> None:
    assert local_folder(ROOT, {"LOCAL_DIR": str(tmp_path)}) == tmp_path


@pytest.mark.parametrize("text", ["http", "80", "0", "65536", "-1", "8080.0", "٨٠٨٠"])
def test_what_is_no_usable_port_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"AWS_PORT={text}"):
        read(ROOT, {"AWS_PORT": text}, {})


def test_one_port_for_both_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="must differ"):
        read(ROOT, {"AIRFLOW_PORT": "9000", "AWS_PORT": "9000"}, {})


def test_a_running_stack_keeps_its_ports_where_none_is_asked_for() -> None:
    settings = read(ROOT, {}, {"AIRFLOW_PORT": 9080, "AWS_PORT": 9566})
    assert (settings.airflow_port, settings.aws_port) == (9080, 9566)


def test_asking_a_running_stack_for_another_port_says_where_it_is() -> None:
    with pytest.raises(InvalidSetting, match=r"up with AIRFLOW_PORT=9080.*make down"):
        read(ROOT, {"AIRFLOW_PORT": "8080"}, {"AIRFLOW_PORT": 9080, "AWS_PORT": 9566})
