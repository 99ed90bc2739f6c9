"""What DAG files import each time that Airflow reads them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

HEAVY = frozenset(
    {"boto3", "botocore", "numpy", "pandas", "polars", "pyarrow", "sagemaker", "scipy", "sklearn", "torch", "xgboost"}
)
"""Packages that MWAA's images lack, or that cost every reading of a DAG file more than all the rest of it."""


def problems(dags: Mapping[str, bytes]) -> Iterator[str]:
    """Each import at the top of a file below dags/ that has no place there; files by path below it."""
    for path, content in sorted(dags.items()):
        if path.endswith(".py"):
            for line, name in sorted(_at_the_top(ast.parse(content, path))):
                if name in HEAVY:
                    yield (
                        f"dags/{path}, line {line}: {name} is imported at the top, and so each time that Airflow reads "
                        f"the file: do that work in a SageMaker job (include/scripts), which has the package"
                    )


def _at_the_top(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and package of every import that runs when the file is read: not those of functions, nor for types only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((child.lineno, alias.name.partition(".")[0]) for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.lineno, child.module.partition(".")[0]
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not _for_types(child):
            yield from _at_the_top(child)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
