"""What platforms and their people ask of us: login, launch, keys, placing, and the registrar's board."""

from lti_grader.lti.views import (
    assets,
    board,
    choosing,
    columns,
    exporting,
    freezing,
    launching,
    linking,
    notices,
    privacy,
    reconciling,
    registering,
    registrar,
    reviewing,
    rosters,
    staying,
)
from lti_grader.lti.views.blueprint import blueprint

__all__ = [
    "assets",
    "blueprint",
    "board",
    "choosing",
    "columns",
    "exporting",
    "freezing",
    "launching",
    "linking",
    "notices",
    "privacy",
    "reconciling",
    "registering",
    "registrar",
    "reviewing",
    "rosters",
    "staying",
]
