"""Search's expressions: what a resource's properties are, how they compare, and which resources match. Pure.

Source: the API reference's pages Search, SearchExpression, Filter, NestedFilters and VisibilityConditions.
"""
