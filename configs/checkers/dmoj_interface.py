# What checkers and graders in Python that were written for DMOJ's judge import from it (https://docs.dmoj.ca/#/problem_format),
# as far as one can be asked here: it lies beside dmoj.py in the sandbox, and never starts a program.
import io
import sys
import types

from dmoj_checkers import CHECKERS, CheckerResult, InternalError, standard, utf8bytes, utf8text

LONGEST_NUMBER = 10_000
CODES = {
    "c": "C11", "cpp": "CPP20", "csharp": "MONOCS", "haskell": "HASK", "javascript": "V8JS", "pascal": "PAS", "python": "PY3",
    "python2": "PY2", "typescript": "TS",
}  # fmt: skip


def code_of(language):
    """Return what DMOJ calls a language."""
    return CODES.get(language, (language or "").upper())


class Result:
    """What a run came to."""

    AC, WA, RTE, TLE, MLE, IR, SC, OLE, IE = 0, 1, 2, 4, 8, 16, 32, 64, 1 << 30

    def __init__(self, case, **values):
        self.case, self.result_flag, self.proc_output, self.points = case, 0, b"", 0
        self.execution_time, self.wall_clock_time, self.max_memory = 0.0, 0.0, 0
        self.feedback = self.extended_feedback = ""
        self.__dict__.update(values)

    @property
    def total_points(self):
        return self.case.points

    @property
    def output(self):
        return utf8text(self.proc_output, "replace")


class TestCase:
    """A case of the problem. Where it stands among the others is not known here."""

    position, batch, has_binary_data = 0, 0, False

    def __init__(self, given, asked, points):
        self._given, self._asked, self.points = given, asked, points
        self.config = types.SimpleNamespace(points=points)

    def input_data(self):
        return self._given

    def input_data_io(self):
        return io.BytesIO(self._given)

    def output_data(self):
        return self._asked

    def free_data(self):
        pass


class Problem:
    id, time_limit, memory_limit = "", 0, 0


class Process:
    """A program that has ended already, or with which one talks: what a grader sees of it."""

    stdin = None

    def __init__(self, run, output):
        self.stdout, self.stderr = io.BytesIO(output), io.BytesIO(run.get("stderr", "").encode())
        self.returncode, self.signal = run.get("exit_code"), run.get("signal")
        self.execution_time, self.wall_clock_time = run.get("cpu_ms", 0) / 1000, run.get("wall_ms", 0) / 1000
        self.max_memory = run.get("memory_kb", 0)
        ending = run.get("ending", "exited")
        self.is_tle, self.is_mle, self.is_ole = ending == "timeout", ending == "memory", ending == "output_limit"
        self.is_rte = ending == "signalled"
        self.is_ir = ending == "exited" and bool(self.returncode)

    def communicate(self, *_given, **_limits):
        return self.stdout.read(), self.stderr.read()

    def wait(self, *_given):
        return self.returncode

    poll = wait

    def kill(self):
        pass


def result_of(case, run, output):
    """Return what a run came to, before anybody has looked at what it wrote."""
    result = Result(case, proc_output=output)
    filled(result, Process(run, output))
    return result


def filled(result, process):
    result.execution_time, result.wall_clock_time = process.execution_time, process.wall_clock_time
    result.max_memory = process.max_memory
    for flag in ("ir", "rte", "ole", "tle", "mle"):
        if getattr(process, f"is_{flag}"):
            result.result_flag |= getattr(Result, flag.upper())


class StandardGrader:
    """Looks at what a program wrote."""

    def __init__(self, judge, problem, language, source):
        self.judge, self.problem, self.language, self.source = judge, problem, language, source
        self.ran = {}
        self._current_proc = None

    def grade(self, case):
        result = Result(case)
        self._launch_process(case)
        error = self._interact_with_process(case, result)
        self.populate_result(error, result, self._current_proc)
        said = self.check_result(case, result)
        if not isinstance(said, CheckerResult):
            said = CheckerResult(bool(said), case.points if said else 0)
        result.result_flag |= Result.AC if said.passed else Result.WA
        result.points = said.points
        result.feedback = said.feedback or result.feedback
        result.extended_feedback = said.extended_feedback or result.extended_feedback
        return result

    def _launch_process(self, case, input_file=None):
        self._current_proc = Process(self.ran, sys.stdin.buffer.read())

    def _interact_with_process(self, case, result):
        result.proc_output, error = self._current_proc.communicate()
        return error

    def populate_result(self, error, result, process):
        filled(result, process)

    def check_result(self, case, result):
        return not result.result_flag and standard(result.proc_output, case.output_data())


class WrongAnswer(BaseException):
    pass


class Interactor:
    """The other end of a program's standard input and output."""

    def __init__(self, process):
        self.process = process
        self._left = None

    def read(self):
        return self._some(self.process.stdout.read())

    def readln(self, strip_newline=True):
        line = self._some(self.process.stdout.readline())
        return line.rstrip() if strip_newline else line

    def _some(self, text):
        if not text:
            raise OSError("child stream closed")
        return text

    def readtoken(self, delim=None):
        token, *rest = (self._left or self.readln()).split(delim, 1) or [b""]
        self._left = rest[0] if rest else None
        return token

    def readint(self, lo=float("-inf"), hi=float("inf"), delim=None):
        return self._number(int, lo, hi, delim)

    def readfloat(self, lo=float("-inf"), hi=float("inf"), delim=None):
        return self._number(float, lo, hi, delim)

    def _number(self, kind, least, most, delim):
        token = self.readtoken(delim)
        if len(token) > LONGEST_NUMBER:
            raise WrongAnswer(f"{kind.__name__} is too long")
        try:
            found = kind(token)
        except ValueError:
            begins = utf8text(token, "replace")
            begins = begins if len(begins) <= 5 else f"{begins[:5]}..."
            raise WrongAnswer(f'expected {kind.__name__}, got "{begins}"') from None
        if not least <= found <= most:
            raise WrongAnswer(f"expected {kind.__name__} in range [{least}, {most}], got {found}")
        return found

    def write(self, val):
        self.process.stdin.write(str(val).encode())
        self.process.stdin.flush()

    def writeln(self, val):
        self.write(f"{val}\n")

    def close(self):
        self.process.stdin.close()


class InteractiveGrader(StandardGrader):
    """Talks with a program while that runs, in `interact`. How that ends is known to nobody here: who runs both says it."""

    check, feedback = False, None

    def _launch_process(self, case, input_file=None):
        self._current_proc = Process({}, b"")
        self._current_proc.stdin, self._current_proc.stdout = sys.stdout.buffer, sys.stdin.buffer

    def _interact_with_process(self, case, result):
        try:
            self.check = self.interact(case, Interactor(self._current_proc))
        except WrongAnswer as wrong:
            self.check, self.feedback = False, str(wrong)
        except OSError:
            self.check = False
        return b""

    def check_result(self, case, result):
        if isinstance(self.check, CheckerResult):
            return self.check
        return CheckerResult(bool(self.check), case.points if self.check else 0, self.feedback)


def module(name, **values):
    made = types.ModuleType(name)
    made.__dict__.update(values)
    sys.modules[name] = made
    above, _, own = name.rpartition(".")
    if above:
        setattr(sys.modules[above], own, made)


def offer():
    """Make the judge's modules importable."""
    module("dmoj")
    module("dmoj.result", Result=Result, CheckerResult=CheckerResult)
    module("dmoj.error", InternalError=InternalError)
    module("dmoj.problem", TestCase=TestCase, Problem=Problem)
    module("dmoj.utils")
    module("dmoj.utils.unicode", utf8bytes=utf8bytes, utf8text=utf8text)
    module("dmoj._checker", standard=lambda asked, said: standard(said, asked))
    module("dmoj.checkers", CheckerOutput=object)
    for name, check in CHECKERS.items():
        module(f"dmoj.checkers.{name}", check=check)
    module("dmoj.checkers._checker", standard=lambda asked, said: standard(said, asked))
    module("dmoj.graders", StandardGrader=StandardGrader, InteractiveGrader=InteractiveGrader)
    module("dmoj.graders.standard", StandardGrader=StandardGrader)
    module(
        "dmoj.graders.interactive", InteractiveGrader=InteractiveGrader, Interactor=Interactor, WrongAnswer=WrongAnswer
    )
