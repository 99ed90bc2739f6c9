"""What each operation asks for beyond its shape, a module a family."""

from __future__ import annotations

from sagemaker_local.protocol import model
from tests.support.fuzzing.recipes import hosting, jobs, registry, tuning
from tests.support.fuzzing.recipes.recipe import Recipe

__all__ = ["RECIPES", "Recipe", "recipe_of"]

RECIPES: dict[str, Recipe] = {**hosting.RECIPES, **jobs.RECIPES, **tuning.RECIPES, **registry.RECIPES}


def recipe_of(operation: str) -> Recipe:
    """The operation's recipe; one that asks for nothing needs none. Raises ``LookupError`` that says what to do."""
    if operation in RECIPES:
        return RECIPES[operation]
    required = model.input_shape(operation).required_members
    if required:
        raise LookupError(
            f"The fuzzer cannot make a valid request of {operation}, which requires {', '.join(required)}: add "
            f'"{operation}": Recipe(...) to a module in tests/support/fuzzing/recipes/, with a function that makes '
            "what the request names."
        )
    return Recipe(lambda _: {})
