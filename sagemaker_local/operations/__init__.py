"""The supported API operations: one function each, named after it."""
