"""The tests, and `python -m tests`, which runs them and the static checks, each in its own environment."""
