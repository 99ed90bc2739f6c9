"""The fault plan: which calls and jobs are to go wrong, how, and how often. Pure.

``effects`` is what can go wrong, ``plan`` what a plan is and how it decides, ``document`` how one is read from JSON,
``errors`` what AWS answers where a plan does not say.
"""
