# A validator by Kattis's protocol that does what a checker of DMOJ's does, or asks one in Python that came with a problem, or
# a grader, which may talk with the program. It is sent into the sandbox as it stands here, with dmoj_interface.py and dmoj_checkers.py beside it:
# validator input answer feedback_folder checker points [name=json ...] < output
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import dmoj_interface as dmoj  # noqa: E402 (it lies beside this file, which no path led to)

RIGHT, WRONG = 42, 43


def author_file(name):
    """Run a file of the problem's author, and return the names in it."""
    place = os.path.join(HERE, name)
    space = {"__name__": "author", "__file__": place}
    with open(place, "rb") as file:
        exec(compile(file.read(), name, "exec"), space)
    return space


def checked(check, case, result, run, options):
    """Return the word of a function `check`, called as DMOJ's judge calls it."""
    if result.result_flag and not getattr(check, "run_on_error", False):
        return False
    return check(
        result.proc_output,
        case.output_data(),
        judge_input=case.input_data(),
        point_value=case.points,
        submission_source=run.get("source", "").encode(),
        submission_language=dmoj.code_of(run.get("language")),
        binary_data=False,
        execution_time=result.execution_time,
        case_position=case.position,
        batch=case.batch,
        problem_id="",
        case=case,
        result=result,
        **options,
    )


def left(feedback, name, words):
    with open(os.path.join(feedback, name), "w", encoding="utf-8") as file:
        file.write(str(words))


def main(given, answer, feedback, name, points, *options):
    run = {}
    if os.path.exists(os.path.join(os.path.dirname(given), "run.json")):
        with open(os.path.join(os.path.dirname(given), "run.json"), encoding="utf-8") as file:
            run = json.load(file)
    with open(given, "rb") as file, open(answer, "rb") as other:
        case = dmoj.TestCase(file.read(), other.read(), float(points))
    options = {key: json.loads(value) for key, _, value in (one.partition("=") for one in options)}
    dmoj.offer()
    space = author_file(name) if name.endswith(".py") else {"check": dmoj.CHECKERS[name]}
    try:
        if "Grader" in space:
            grader = space["Grader"](
                None, dmoj.Problem(), dmoj.code_of(run.get("language")), run.get("source", "").encode()
            )
            grader.ran = run
            result = grader.grade(case)
            said = dmoj.CheckerResult(not result.result_flag, result.points, result.feedback, result.extended_feedback)
        else:
            result = dmoj.result_of(case, run, sys.stdin.buffer.read())
            said = checked(space["check"], case, result, run, options)
    except UnicodeDecodeError:
        said = dmoj.CheckerResult(False, 0, "invalid unicode")
    if not isinstance(said, dmoj.CheckerResult):
        said = dmoj.CheckerResult(bool(said), case.points if said else 0)
    if words := "\n".join(filter(None, (said.feedback, said.extended_feedback))):
        left(feedback, "teammessage.txt", words)
    if said.passed:
        left(feedback, "score_multiplier.txt", max(0.0, min(1.0, said.points / case.points)))
    sys.exit(RIGHT if said.passed else WRONG)


if __name__ == "__main__":
    main(*sys.argv[1:])
