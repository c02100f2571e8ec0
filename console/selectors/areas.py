"""Areas that a scope touches; kept below, where the filter forms of the lists need them as well."""

from elements.selectors.areas import areas_of_scope

__all__ = ["areas_of_scope"]
