from __future__ import annotations

from typing import Any

import pytest

from sagemaker_local.domain.transform.errors import BadData
from sagemaker_local.domain.transform.jsonpath import InvalidPath, Path

ROW = ["a", "b", "c", "d"]
OBJECT = {"id": 1, "features": [1, 2, 3], "deep": {"x": {"y": 5}}, "a b": 6}


@pytest.mark.parametrize(
    ("path", "value", "selected"),
    [
        ("$", ROW, ROW),
        ("$[0]", ROW, "a"),
        ("$[-1]", ROW, "d"),
        ("$[0,-1]", ROW, ["a", "d"]),
        ("$[1:]", ROW, ["b", "c", "d"]),
        ("$[:2]", ROW, ["a", "b"]),
        ("$[1:3]", ROW, ["b", "c"]),
        ("$[-2:]", ROW, ["c", "d"]),
        ("$[:]", ROW, ROW),
        ("$[*]", ROW, ROW),
        ("$.*", {"a": 1, "b": 2}, [1, 2]),
        ("$.features", OBJECT, [1, 2, 3]),
        ("$.features[1]", OBJECT, 2),
        ("$.deep.x.y", OBJECT, 5),
        ("$['a b']", OBJECT, 6),
        ("$.['id','features']", OBJECT, {"id": 1, "features": [1, 2, 3]}),
        ("$['id', 'features']", OBJECT, {"id": 1, "features": [1, 2, 3]}),
    ],
)
def test_a_path_selects(path: str, value: Any, selected: Any) -> None:
    assert Path(path).select(value) == selected


@pytest.mark.parametrize("path", ["", "x", "features", "$features", "$[", "$[a]", "$['a]", "$..a", "$[?(@.a)]", "$.a["])
def test_what_is_no_such_path_is_refused_with_its_text(path: str) -> None:
    with pytest.raises(InvalidPath, match="is not a JSONPath"):
        Path(path)


@pytest.mark.parametrize(
    ("path", "value"), [("$[4]", ROW), ("$.none", OBJECT), ("$.a", ROW), ("$[0]", OBJECT), ("$[1:]", 5), ("$.*", 5)]
)
def test_a_path_that_selects_nothing_of_the_record_is_told(path: str, value: Any) -> None:
    with pytest.raises(BadData, match="selects nothing"):
        Path(path).select(value)


@pytest.mark.parametrize(("path", "everything"), [("$", True), ("$[0]", False), ("$[:]", False)])
def test_only_the_root_leaves_everything_as_it_is(path: str, everything: bool) -> None:
    assert Path(path).selects_all is everything
