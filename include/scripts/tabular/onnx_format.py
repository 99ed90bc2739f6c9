"""Models in the open format ONNX, which what serves them reads with ONNX Runtime alone.

A graph takes float32 features, one row each, and gives one number a row. Sums of trees are taken in XGBoost's own
order, the base score first, so that they are the same to the last bit.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from common.errors import UserError
from tabular.algorithms import Model
from tabular.preprocessing import Features

FILE = "model.onnx"
INPUT, OUTPUT = "features", "prediction"
# The oldest versions that have all that is used: what reads newer ones reads these, too.
OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8
TOLERANCE = 1e-5  # relative
ROWS_AT_ONCE = 50_000
TREES = "trees"
"""Key of a graph's metadata, where it is a sum of trees and nothing else: the trees as JSON, by XGBoost's own names.
What serves the model reads them without an ONNX library, to score many rows at once."""
MOST_LEAVES = 64  # of each tree in the metadata: bits of the largest word
_LEAF = -1  # XGBoost's child of a leaf

Weights = Mapping[str, npt.NDArray[Any]]
Tree = Mapping[str, Sequence[Any]]


def of_trees(learner: Mapping[str, Any]) -> bytes:
    """The graph of a booster; ``learner`` is that member of XGBoost's JSON format. Raises UserError for an objective
    that is not known here."""
    objective, parameters = learner["objective"]["name"], learner["learner_model_param"]
    if objective not in ("reg:squarederror", "binary:logistic"):
        raise UserError(f"the objective {objective!r} has no ONNX graph here; see {__name__}")
    logistic = objective == "binary:logistic"
    base = np.float32(parameters["base_score"].strip("[]"))
    first = _margin(base) if logistic else base
    trees = [_constant(float(first)), *learner["gradient_booster"]["model"]["trees"]]
    nodes = [_ensemble(trees, "score" if logistic else OUTPUT)]
    weights = {}
    if logistic:
        nodes += _probability("score")
        weights = {"one": np.ones((), np.float32)}
    metadata = {} if logistic or max(map(_leaf_count, trees)) > MOST_LEAVES else {TREES: _document(trees)}
    return _graph(nodes, weights, TensorProto.FLOAT, int(parameters["num_feature"]), metadata)


def of_line(coefficients: npt.NDArray[np.float64], intercept: float, logistic: bool) -> bytes:
    """The graph of a weighted sum of the features, in double precision."""
    nodes = [
        helper.make_node("Cast", [INPUT], ["doubles"], to=TensorProto.DOUBLE),
        helper.make_node("MatMul", ["doubles", "coefficients"], ["products"]),
        helper.make_node("Add", ["products", "intercept"], ["score" if logistic else OUTPUT]),
    ]
    weights = {"coefficients": coefficients.reshape(-1, 1), "intercept": np.array(intercept)}
    if logistic:
        nodes += _probability("score")
        weights["one"] = np.ones(())
    return _graph(nodes, weights, TensorProto.DOUBLE, len(coefficients))


def check(content: bytes, model: Model, features: Features) -> None:
    """Raises UserError unless the graph predicts for every row of ``features`` what the model itself does."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # several threads add a row's trees in another order
    session = onnxruntime.InferenceSession(content, options)
    for start in range(0, len(features), ROWS_AT_ONCE):
        rows = features[start : start + ROWS_AT_ONCE]
        (found,) = session.run([OUTPUT], {INPUT: rows})
        wanted = np.asarray(model.predict(rows), np.float64)
        apart = np.abs(found[:, 0] - wanted) > TOLERANCE * np.abs(wanted)
        if apart.any():
            row = int(np.flatnonzero(apart)[0])
            told = f"{found[row, 0]!r} instead of {wanted[row]!r} for row {start + row} of the validation part"
            raise UserError(f"{FILE} is not the model: it predicts {told}; this algorithm must not be served from it")


def _margin(probability: np.float32) -> np.float32:
    """The log-odds, rounded where XGBoost does."""
    return np.float32(-math.log(np.float32(1) / probability - np.float32(1)))


def _constant(value: float) -> Tree:
    """A tree that is one leaf."""
    return {
        "left_children": [_LEAF],
        "right_children": [_LEAF],
        "split_indices": [0],
        "split_conditions": [value],
        "default_left": [0],
    }


def _leaf_count(tree: Tree) -> int:
    return list(tree["left_children"]).count(_LEAF)


def _document(trees: Sequence[Tree]) -> str:
    names = ("left_children", "right_children", "split_indices", "split_conditions")
    return json.dumps([{name: list(tree[name]) for name in names} for tree in trees], separators=(",", ":"))


def _ensemble(trees: Sequence[Tree], output: str) -> onnx.NodeProto:
    """The sum of the trees' leaves: a branch is left below its threshold, as in XGBoost."""
    attributes: dict[str, Any] = {"n_targets": 1, "aggregate_function": "SUM", "post_transform": "NONE"}
    for number, tree in enumerate(trees):
        for name, values in _attributes(number, tree):
            attributes.setdefault(name, []).extend(values)
    return helper.make_node("TreeEnsembleRegressor", [INPUT], [output], domain="ai.onnx.ml", **attributes)


def _attributes(number: int, tree: Tree) -> Iterator[tuple[str, list[Any]]]:
    left = np.array(tree["left_children"])
    inner, places = left != _LEAF, np.arange(len(left))
    leaves, values = places[~inner], np.array(tree["split_conditions"])
    yield "nodes_treeids", [number] * len(left)
    yield "nodes_nodeids", places.tolist()
    yield "nodes_modes", np.where(inner, "BRANCH_LT", "LEAF").tolist()
    yield "nodes_values", np.where(inner, values, 0.0).tolist()
    of_branches = {
        "nodes_featureids": "split_indices",
        "nodes_truenodeids": "left_children",
        "nodes_falsenodeids": "right_children",
        "nodes_missing_value_tracks_true": "default_left",
    }
    for name, own in of_branches.items():
        yield name, np.where(inner, np.array(tree[own]), 0).astype(np.int64).tolist()
    yield "target_treeids", [number] * len(leaves)
    yield "target_nodeids", leaves.tolist()
    yield "target_ids", [0] * len(leaves)
    yield "target_weights", values[leaves].tolist()


def _probability(score: str) -> list[onnx.NodeProto]:
    """1 / (1 + exp(-score)). ONNX Runtime's own Sigmoid is right to 1e-7 of 1, and so not of a small probability."""
    return [
        helper.make_node("Neg", [score], ["negative"]),
        helper.make_node("Exp", ["negative"], ["odds"]),
        helper.make_node("Add", ["odds", "one"], ["total"]),
        helper.make_node("Div", ["one", "total"], [OUTPUT]),
    ]


def _graph(
    nodes: Sequence[onnx.NodeProto], weights: Weights, kind: int, features: int, metadata: Mapping[str, str] = {}
) -> bytes:
    """The same arguments give the same bytes."""
    graph = helper.make_graph(
        list(nodes),
        "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["rows", features])],
        [helper.make_tensor_value_info(OUTPUT, kind, ["rows", 1])],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="nightshift")
    helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
