from __future__ import annotations

import pytest

from deploy.packaging.imports import problems


@pytest.mark.parametrize(
    "text",
    [
        "import pandas",
        "import pandas.io as io",
        "from pandas import DataFrame",
        "if True:\n    import pandas",
        "try:\n    import pandas\nexcept ImportError:\n    pass",
        "class Model:\n    import pandas",
        "with open('x'):\n    from pandas import DataFrame",
    ],
)
def test_a_heavy_package_at_the_top_of_a_dag_file_is_refused_with_what_to_do(text: str) -> None:
    (told,) = problems({"churn.py": text.encode()})
    assert told.startswith("dags/churn.py, line ")
    assert "pandas is imported at the top" in told
    assert "do that work in a SageMaker job" in told


@pytest.mark.parametrize(
    "text",
    [
        "def task():\n    import pandas",
        "async def task():\n    import pandas",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas",
        "from .pandas import frame",
        "import pandasish",
    ],
)
def test_what_reading_the_file_does_not_import_may_be_there(text: str) -> None:
    assert list(problems({"lifecycle/steps.py": text.encode()})) == []


def test_the_line_is_that_of_the_import_and_modules_are_looked_at_too() -> None:
    (told,) = problems({"lifecycle/steps.py": b"import json\n\nimport numpy\n", "notes.txt": b"import pandas"})
    assert told.startswith("dags/lifecycle/steps.py, line 3: numpy")
