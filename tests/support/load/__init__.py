"""Load on a server that dies and comes back: who does what, what was acknowledged, and what is left over."""
