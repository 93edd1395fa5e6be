"""What can be wrong with a draft, or with what is asked of it."""

from lti_grader.core.errors import Conflict, Unprocessable


class NoDraft(Conflict):
    """Only drafts are changed."""

    code = "no_draft"


class DraftExists(Conflict):
    code = "draft_exists"


class BadDraft(Unprocessable):
    """A form says something that a problem cannot have; the message names it."""

    code = "bad_draft"


class NothingToCheck(Unprocessable):
    """The draft has no test that is worth points, or no solution that could be run here."""

    code = "nothing_to_check"


class NotOverruled(Unprocessable):
    """A draft is not published in spite of what its check found; the message says why."""

    code = "not_overruled"


class CheckUnderWay(Conflict):
    code = "check_under_way"


class BadImport(Unprocessable):
    code = "bad_import"


class OtherImportState(Conflict):
    code = "other_import_state"
