"""Every table, imported in one place so that the metadata is whole."""

from lti_grader.assignments.late_day_models import LateDayGrant, LateDaysSpent
from lti_grader.assignments.models import AccessOverride, Assignment, AssignmentProblem, PointsChange
from lti_grader.assignments.passcode_models import AssignmentPasscode, PasscodeEntry
from lti_grader.attempts.models import AssignmentProgress, SubmissionAttempt
from lti_grader.audit.models import AuditEntry
from lti_grader.authoring.models import ProblemImport, VersionCheck, VersionJudging
from lti_grader.calendar.models import CalendarEvent, CalendarFeed
from lti_grader.classes.groups.models import GroupSet, StudentGroup, StudentGroupMember
from lti_grader.classes.groups.team_models import Team, TeamMember
from lti_grader.classes.look_models import StudentLook
from lti_grader.classes.material_models import Material, MaterialFile, MaterialOpening
from lti_grader.classes.models import Class, ContentItem, CopiedItem, Enrollment, Mentorship, Module
from lti_grader.core.db import Base
from lti_grader.gradebook.leaderboard.models import LeaderboardName
from lti_grader.gradebook.models import GradebookEntry, Rescoring
from lti_grader.gradebook.regrades.models import Regrade, RegradeMark, RegradeStep
from lti_grader.gradebook.requests.models import RegradeRequest, RegradeRequestMessage
from lti_grader.gradebook.totals.models import GradebookCategory, GradebookFiling, GradebookRules
from lti_grader.grading.models import GradingJob, TestResult
from lti_grader.grading.similarity.models import (
    SimilarityAct,
    SimilarityNote,
    SimilarityPair,
    SimilarityProgram,
    SimilarityReport,
)
from lti_grader.lti.asset_models import AssetActivity, AssetAttempt, AssetReport, LtiAsset
from lti_grader.lti.board_models import Reconciliation, ReconciliationFinding, ScoreDeliveryEvent, ScoreFreeze
from lti_grader.lti.group_models import ClassGroup, ClassGroupMember
from lti_grader.lti.models import (
    ClassContext,
    CourseCopy,
    Deployment,
    EnrolledThrough,
    LineItem,
    Platform,
    ResourceLink,
    ScoreDelivery,
    SigningKey,
)
from lti_grader.lti.notice_models import Notice, NoticeSubscription
from lti_grader.lti.privacy_models import PrivacyAct
from lti_grader.lti.registration_models import RegistrationInvitation, RegistrationProposal
from lti_grader.lti.release_models import OwedRelease
from lti_grader.lti.roster_models import Roster
from lti_grader.marking.models import Feedback, Marking, Moderation, RubricScore, SavedComment
from lti_grader.notifications.models import Announcement, Mail, MailChoice, Notification, OwedMarks
from lti_grader.people.models import Administrator, AdministratorAction, AdministratorSignIn, Tenant, User
from lti_grader.problems.models import (
    Problem,
    ProblemVersion,
    Rubric,
    RubricCriterion,
    RubricLevel,
    TestCase,
    TestGroup,
)
from lti_grader.transfer.models import ClassExport

metadata = Base.metadata

__all__ = [
    "AccessOverride",
    "Administrator",
    "AdministratorAction",
    "AdministratorSignIn",
    "Announcement",
    "AssetActivity",
    "AssetAttempt",
    "AssetReport",
    "Assignment",
    "AssignmentPasscode",
    "AssignmentProblem",
    "AssignmentProgress",
    "AuditEntry",
    "CalendarEvent",
    "CalendarFeed",
    "Class",
    "ClassContext",
    "ClassExport",
    "ClassGroup",
    "ClassGroupMember",
    "ContentItem",
    "CopiedItem",
    "CourseCopy",
    "Deployment",
    "EnrolledThrough",
    "Enrollment",
    "Feedback",
    "GradebookCategory",
    "GradebookEntry",
    "GradebookFiling",
    "GradebookRules",
    "GradingJob",
    "GroupSet",
    "LateDayGrant",
    "LateDaysSpent",
    "LeaderboardName",
    "LineItem",
    "LtiAsset",
    "Mail",
    "MailChoice",
    "Marking",
    "Material",
    "MaterialFile",
    "MaterialOpening",
    "Mentorship",
    "Moderation",
    "Module",
    "Notice",
    "NoticeSubscription",
    "Notification",
    "OwedMarks",
    "OwedRelease",
    "PasscodeEntry",
    "Platform",
    "PointsChange",
    "PrivacyAct",
    "Problem",
    "ProblemImport",
    "ProblemVersion",
    "Reconciliation",
    "ReconciliationFinding",
    "RegistrationInvitation",
    "RegistrationProposal",
    "Regrade",
    "RegradeMark",
    "RegradeRequest",
    "RegradeRequestMessage",
    "RegradeStep",
    "Rescoring",
    "ResourceLink",
    "Roster",
    "Rubric",
    "RubricCriterion",
    "RubricLevel",
    "RubricScore",
    "SavedComment",
    "ScoreDelivery",
    "ScoreDeliveryEvent",
    "ScoreFreeze",
    "SigningKey",
    "SimilarityAct",
    "SimilarityNote",
    "SimilarityPair",
    "SimilarityProgram",
    "SimilarityReport",
    "StudentGroup",
    "StudentGroupMember",
    "StudentLook",
    "SubmissionAttempt",
    "Team",
    "TeamMember",
    "Tenant",
    "TestCase",
    "TestGroup",
    "TestResult",
    "User",
    "VersionCheck",
    "VersionJudging",
    "metadata",
]
