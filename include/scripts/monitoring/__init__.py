"""What production's captured traffic says beside the data that its model was made of.

Two steps of every use case, ``python -m <use case> monitor_data`` and ``monitor_model``, run as processing jobs and by
hand; `monitoring.data.analyse` and `monitoring.model.analyse` are the same in process, a function of their arguments
alone. Folders below are a job's inputs, ``/opt/ml/processing/input/<name>``, unless an option names others.

==================  ==================================================================================================
``--capture``       ``*.jsonl`` at any depth, as SageMaker captures: input ``capture``; it may be empty or absent
``--labels``        ``*.jsonl`` at any depth, ground truth as Model Monitor reads it: input ``labels``, monitor_model's
``--baseline``      ``statistics.json``, ``constraints.json`` of the step validate (``quality/``): input ``baseline``
``--quality``       the same of the step evaluate (``quality/<candidate>/``): input ``quality``; what monitor_model
                    compares with, and monitor_data, where it is given, compares the predictions with
``--history``       ``result.json`` of earlier windows at any depth: input ``history``, optional; for the page alone
``--start --end``   the window, from ``start`` on and before ``end``: ISO 8601 with zone, required
``--limits``        a JSON object of what `monitoring.limits.Limits` declares; optional
``--beside``        what the window is compared with, in words; optional, for the page alone
``--output``        where the documents go: ``/opt/ml/processing/output``
==================  ==================================================================================================

Written are ``result.json``, ``statistics.json``, ``constraints.json``, ``constraint_violations.json`` and
``report.html``. The exit status is 0 whatever the data is like: only missing baselines and broken arguments fail.
``/opt/ml/output/message`` begins with ``Completed:`` or ``CompletedWithViolations:`` as Model Monitor's does.

``result.json``, from which it is decided whether to retrain, and no other file::

    {"status": "ok" | "violations" | "no_data",
     "reason": "<one sentence for people>",
     "use_case": "abalone", "monitor": "data" | "model",
     "window": {"start": "2026-03-01T10:00:00Z", "end": "2026-03-01T11:00:00Z"},
     "records": {"files": 1, "read": 998, "empty": 0, "truncated": 1, "duplicated": 1, "out_of_order": 2, "foreign": 0,
                 "tests": 0, "outside": 0, "unreadable": 0, "unanswered": 0},
     "rows": 998,
     "violations": [{"feature_name": "length", "constraint_check_type": "baseline_drift_check", "description": "..."}],
     "features": {"length": {"p_value": 0.2, "adjusted": 1.0, "distance": 0.01, "psi": 0.003, "drifted": false, ...}},
     "metrics": {"feature_baseline_drift_length": 0.01, "feature_non_null_length": 1.0, ...}}

``metrics`` are by name as Model Monitor's are in CloudWatch, and may be absent for what the window cannot say.
``no_data`` means that nothing was decided: fewer usable rows than ``Limits.min_rows``.
"""
