"""An assignment or a material as a deep linking response places it (`ltiResourceLink`, LTI Deep Linking 2.0, section 3.3)."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from pylti1p3.deep_link_resource import DeepLinkResource
from pylti1p3.lineitem import LineItem as LineItemClaim

from lti_grader.assignments.models import Assignment
from lti_grader.classes.material_models import Material
from lti_grader.lti import claims as c

_WIDTH, _HEIGHT = 1000, 760
_LONGEST_TEXT = 1000


class Link(DeepLinkResource):
    """A link to an assignment or a material, with all that PyLTI1p3's own leaves out.

    Parameters
    ----------
    settings
        What the platform takes, as its request says.
    more
        Custom parameters that its product wants of every link.
    """

    def __init__(
        self, item: Assignment | Material, public_url: str, settings: Mapping[str, Any], more: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._item, self._public_url, self._settings = item, public_url, settings
        self.set_title(item.title).set_url(f"{public_url}/lti/launch")
        self.set_custom_params(
            {
                **more,
                c.OWN_ASSIGNMENT if isinstance(item, Assignment) else c.OWN_MATERIAL: str(item.id),
                # Filled in by platforms that keep count of copies, and left as they are by the others.
                c.LINK_HISTORY: "$ResourceLink.id.history",
                c.CONTEXT_HISTORY: "$Context.id.history",
            }
        )
        if isinstance(item, Assignment) and str(settings.get("accept_lineitem", "true")).casefold() != "false":
            column = LineItemClaim()
            column.set_label(item.title).set_score_maximum(float(item.points_total))
            column.set_resource_id(str(item.id)).set_tag(c.COLUMN_TAG)
            column.set_submission_review(list(c.REVIEWABLE), label=c.REVIEW_LABEL, url=f"{public_url}/lti/launch")
            self.set_lineitem(column)

    def to_dict(self) -> dict[str, Any]:
        """Return the content item."""
        found: dict[str, Any] = super().to_dict() | self._pictures() | self._windows()
        if text := self._item.description.strip():
            found["text"] = text[:_LONGEST_TEXT]
        if isinstance(self._item, Assignment):
            found |= _times(self._item)
            if "lineItem" in found:
                found["lineItem"]["gradesReleased"] = self._item.rules.show_points
        return found

    def _pictures(self) -> dict[str, Any]:
        picture = f"{self._public_url}/static/icons"
        return {
            "icon": {"url": f"{picture}/assignment-64.png", "width": 64, "height": 64},
            "thumbnail": {"url": f"{picture}/assignment-128.png", "width": 128, "height": 128},
        }

    def _windows(self) -> dict[str, Any]:
        """Return how it is shown, of the ways that the platform takes."""
        listed = self._settings.get("accept_presentation_document_targets")
        targets = listed if isinstance(listed, list) else []
        found: dict[str, Any] = {}
        if "iframe" in targets:
            found["iframe"] = {"width": _WIDTH, "height": _HEIGHT}
        if "window" in targets:
            found["window"] = {"targetName": "lti_grader", "width": _WIDTH, "height": _HEIGHT}
        return found


def _times(assignment: Assignment) -> dict[str, Any]:
    """Return from when to when it can be opened, and handed in for full points."""
    rules, due = assignment.rules, assignment.due_date
    times = {"available": (rules.opens_at, rules.closes_at), "submission": (rules.opens_at, due or rules.closes_at)}
    return {name: found for name, (start, end) in times.items() if (found := _window(start, end))}


def _window(start: dt.datetime | None, end: dt.datetime | None) -> dict[str, str]:
    given = {"startDateTime": start, "endDateTime": end}
    return {name: _iso(moment) for name, moment in given.items() if moment is not None}


def _iso(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
