"""A model that predicts: ONNX Runtime on one thread, which adds a row's trees as training proved it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnxruntime
import orjson

from serving import artifact
from serving.columns import Features, Schema
from serving.errors import Refused
from serving.trees import Trees, of_session

TOLERANCE = 1e-5  # relative


@dataclass(frozen=True)
class Model:
    """The graph, the columns that its features are made of, what the manifest says, and for many rows at once the
    graph's trees."""

    session: onnxruntime.InferenceSession
    schema: Schema
    manifest: dict[str, Any]
    trees: Trees | None

    @classmethod
    def load(cls, folder: Path) -> "Model":
        """The model in ``folder``. Raises Refused if it is not whole, does not fit this image, or does not predict for
        an empty row what it did in training."""
        manifest = artifact.load(folder)
        document = orjson.loads(artifact.content(folder, artifact.PREPROCESSING))
        schema = Schema.of_document(document, folder / artifact.PREPROCESSING)
        session = _session(folder)
        model = cls(session, schema, manifest, of_session(session))
        model.prove()
        return model

    def predict(self, features: Features) -> npt.NDArray[Any]:
        """One number a row: the target, or the probability of the positive label."""
        if self.trees is not None and self.trees.reads(features):
            return self.trees.predict(features)
        predictions: npt.NDArray[Any] = self.session.run(None, {"features": features})[0][:, 0]
        return predictions

    def prove(self) -> None:
        """Raises Refused unless an empty row is predicted as in training."""
        wanted = self.manifest["empty_row"]
        found = float(self.predict(self.schema.row([None] * len(self.schema.names)))[0])
        if not abs(found - wanted) <= TOLERANCE * abs(wanted):
            raise Refused(f"the model predicts {found} for an empty row, not {wanted} as in training; train it again")


def _session(folder: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # would keep what the largest request ever took
    try:
        return onnxruntime.InferenceSession(artifact.content(folder, artifact.MODEL), options)
    except Exception as error:  # ONNX Runtime has one type for each code, and no common one
        reason = str(error).strip().splitlines()[0]
        raise Refused(f"{folder / artifact.MODEL} cannot be read ({reason}); {artifact.REMEDY}") from None
