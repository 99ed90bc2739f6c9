"""Learning from tables: the steps of every use case whose rows are columns of numbers and categories.

What one use case has of its own is a `tabular.use_case.UseCase`; regression and binary classification follow from
its target. ``python -m <use case> <step>`` runs a step of it, see `tabular.main`.
"""
