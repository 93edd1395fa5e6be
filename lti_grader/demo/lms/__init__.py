"""A small LMS that is a real LTI 1.3 platform.

It shares no LTI code with the tool, so that a mistake there is not answered by the same mistake here.
"""
