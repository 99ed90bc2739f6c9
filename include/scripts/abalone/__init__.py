"""The abalone use case: how many rings has a shell, and so how old is it, judged by sizes and weights?

Each step is a module that SageMaker starts as ``python3 -m abalone.<step>``. By hand it runs in an
environment made from ``include/containers/training/requirements.txt``::

    export PYTHONPATH=include/scripts
    python -m abalone.validate   --data include/data/abalone.csv --output out/validate
    python -m abalone.preprocess --data include/data/abalone.csv --output out/parts
    python -m abalone.train      --train out/parts/train --validation out/parts/validation \\
                                 --preprocessing out/parts/preprocessing --model out/model
    python -m abalone.evaluate   --test out/parts/test --model out/model --output out/evaluate

``train`` takes its settings from ``--hyperparameters <file>``, such as ``{"eta": 0.05, "max_depth": 5}``;
``evaluate`` compares with an earlier model by ``--champion <its folder>``.
"""
