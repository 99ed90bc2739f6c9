"""The fault plan: which calls and jobs are to go wrong, how, and how often. Pure.

``effects`` is what can go wrong, ``plan`` what a plan is and how it decides, ``document`` how one is read from JSON,
``quotas`` what AWS says where a quota is reached.
"""
