"""The one way from raw rows to predictions, so that evaluation, batch and endpoint cannot disagree."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost

from abalone import artifact
from abalone.linear import Linear
from abalone.preprocessing import Features, Preprocessing
from abalone.schema import SCHEMA
from common import columns
from common.errors import UserError


@dataclass(frozen=True)
class Predictor:
    """A trained model with its preprocessing and its linear baseline."""

    preprocessing: Preprocessing
    booster: xgboost.Booster
    linear: Linear

    @classmethod
    def load(cls, folder: Path) -> "Predictor":
        """The model in ``folder``, unpacked or as ``model.tar.gz``. Raises UserError if it is damaged,
        incomplete, or made for other columns or by a newer library than this code has."""
        files = artifact.load(folder)
        preprocessing = Preprocessing.from_document(json.loads(files[artifact.PREPROCESSING]), folder)
        booster = _booster(files[artifact.MODEL], folder)
        if booster.feature_names != preprocessing.names:
            features = f"reads {booster.feature_names}, its preprocessing makes {preprocessing.names}"
            raise UserError(f"{folder}: the model {features}; these are parts of two models, train again")
        return cls(preprocessing, booster, Linear.from_document(json.loads(files[artifact.LINEAR])))

    def predict(self, rows: Sequence[Mapping[str, object]]) -> npt.NDArray[np.float32]:
        """Predicted target of each row.

        A row maps column names to raw cells, text or numbers; an empty cell or None is a missing value, and
        other columns are ignored. Raises BadCell naming the row (from 1) and the column.
        """
        features = self._features(rows)
        return self.booster.inplace_predict(features) if len(features) else np.empty(0, np.float32)

    def predict_baseline(self, rows: Sequence[Mapping[str, object]]) -> npt.NDArray[np.float64]:
        """As `predict`, by the linear baseline."""
        return self.linear.predict(self.preprocessing.standardised(self._features(rows)))

    def _features(self, rows: Sequence[Mapping[str, object]]) -> Features:
        numbered = enumerate(rows, start=1)
        return self.preprocessing.features(
            [columns.parse(SCHEMA.features, row, f"row {number}") for number, row in numbered]
        )


def _booster(content: bytes, folder: Path) -> xgboost.Booster:
    try:
        return xgboost.Booster(model_file=bytearray(content))
    except xgboost.core.XGBoostError as error:
        reason = str(error).strip().splitlines()[0]
        problem = f"xgboost {xgboost.__version__} cannot read {artifact.MODEL} ({reason})"
        raise UserError(f"{folder}: {problem}; train the model with this image") from None
