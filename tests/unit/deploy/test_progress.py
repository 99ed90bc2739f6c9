from __future__ import annotations

import pytest

from deploy.progress import Progress


def test_a_finished_phase_is_listed_with_its_seconds() -> None:
    progress = Progress()
    with progress.phase("Installing"):
        pass
    assert [name for name, _ in progress.phases] == ["Installing"]
    assert progress.table().splitlines()[0].startswith("  Installing")
    assert progress.table().splitlines()[-1].startswith("  total")


def test_a_phase_that_fails_is_announced_but_not_listed(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    with pytest.raises(ValueError, match="broken"), progress.phase("Installing"):
        raise ValueError("broken")
    assert "Installing" in capsys.readouterr().out
    assert progress.phases == []
