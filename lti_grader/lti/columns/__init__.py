"""The columns of an LMS's gradebook that our links fill: learnt from launches, made on a person's word, kept in step.

A row says what is owed (`LineItem.state`); a worker brings it about (`tending`).
"""

from lti_grader.lti.columns.asking import queue_change
from lti_grader.lti.columns.learning import fill_column

__all__ = ["fill_column", "queue_change"]
