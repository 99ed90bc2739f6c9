"""What the scikit-learn image does where a script has no function of its own."""

from __future__ import annotations

from typing import Any

import numpy

from . import codecs


class ScikitLearn:
    """``Defaults``: arrays in and out, and numbers that came as text in single precision."""

    def input_fn(self, body: Any, content_type: str) -> Any:
        data = codecs.decode(body, content_type)
        return data.astype(numpy.float32) if isinstance(body, str) else data

    def predict_fn(self, data: Any, model: Any) -> Any:
        return model.predict(data)

    def output_fn(self, prediction: Any, accept: str) -> Any:
        return codecs.encode(prediction, accept)
