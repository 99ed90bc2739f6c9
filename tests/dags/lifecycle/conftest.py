from typing import Any

import pytest

import mlops_sagemaker.hook
import mlops_sagemaker.hook.objects
from mlops_sagemaker.hook import calls


@pytest.fixture(autouse=True)
def one_client_a_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Making clients is most of the time that a run without jobs takes."""
    clients: dict[str, Any] = {}

    def client_of(hook: Any) -> Any:
        if hook.client_type not in clients:
            clients[hook.client_type] = calls.client_of(hook)
        return clients[hook.client_type]

    for module in (mlops_sagemaker.hook, mlops_sagemaker.hook.objects):
        monkeypatch.setattr(module, "client_of", client_of)
