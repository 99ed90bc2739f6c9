from __future__ import annotations

import pytest

from deploy.closure import closure


def reached(root: str, **texts: str) -> set[str]:
    files = {name.replace("__", "/") + ".py": text.encode() for name, text in texts.items()}
    files |= {
        name.replace("init.py", "__init__.py"): files.pop(name) for name in list(files) if name.endswith("init.py")
    }
    return set(closure(files, [root])) - {root}


@pytest.mark.parametrize(
    "statement",
    [
        "import p.a",
        "import p.a as other",
        "from p import a",
        "from p.a import name",
        "def late():\n    from p import a",
        "if True:\n    import p.a",
    ],
)
def test_however_it_is_imported_a_module_comes_along_and_its_package(statement: str) -> None:
    assert reached("main.py", main=statement, p__init="", p__a="", p__b="") == {"p/__init__.py", "p/a.py"}


@pytest.mark.parametrize("statement", ["from . import b", "from .b import x", "from ..p.b import x"])
def test_relative_imports_count(statement: str) -> None:
    assert reached("q/p/a.py", q__p__a=statement, q__p__b="", q__p__c="") >= {"q/p/b.py"}
    assert "q/p/c.py" not in reached("q/p/a.py", q__p__a=statement, q__p__b="", q__p__c="")


def test_what_is_imported_is_followed_and_circles_end() -> None:
    assert reached("a.py", a="import b", b="import c", c="import a", d="") == {"b.py", "c.py"}


def test_a_package_that_imports_by_name_comes_whole() -> None:
    plugins = {"p__init": "import importlib", "p__a": "", "p__sub__b": "import q", "q": "", "r": ""}
    assert reached("main.py", main="import p", **plugins) == {"p/__init__.py", "p/a.py", "p/sub/b.py", "q.py"}


def test_a_module_that_imports_by_name_is_no_reason_to_take_its_package() -> None:
    assert reached("p/main.py", p__main="import importlib", p__a="") == set()


def test_other_files_come_with_their_package() -> None:
    files = {
        "p/__init__.py": b"",
        "p/table.json": b"{}",
        "q/__init__.py": b"",
        "q/table.json": b"{}",
        "main.py": b"import p",
    }
    assert set(closure(files, ["main.py"])) == {"main.py", "p/__init__.py", "p/table.json"}


def test_names_of_other_libraries_are_nobodys_files() -> None:
    assert reached("main.py", main="import numpy.random, os\nfrom json import loads", loads="") == set()
