"""`python -m lti_grader.cli`: the same as `lti-grader`."""

from lti_grader.cli import main

if __name__ == "__main__":
    main()
