/** Results in words: the same on the live page as in templates/components/verdicts.html. Pure. */
import type { Attempt, Progress, TestShown } from "./attempt";

export interface Verdict {
  readonly icon: string;
  readonly tone: "pass" | "fail" | "warn" | "quiet";
  readonly text: string;
}

const VERDICTS: Readonly<Record<string, Verdict>> = {
  pass: { icon: "check", tone: "pass", text: "Passed" },
  fail: { icon: "cross", tone: "fail", text: "Wrong answer" },
  timeout: { icon: "clock", tone: "fail", text: "Out of time" },
  memory: { icon: "memory", tone: "fail", text: "Out of memory" },
  output_limit: { icon: "cross", tone: "fail", text: "Too much output" },
  runtime_error: { icon: "cross", tone: "fail", text: "Crashed" },
  compile_error: { icon: "cross", tone: "fail", text: "Does not compile" },
  skipped: { icon: "dash", tone: "quiet", text: "Not run" },
  judge_error: { icon: "alert", tone: "warn", text: "Our fault: being looked at" },
};

export function verdict(status: string): Verdict {
  return VERDICTS[status] ?? { icon: "dash", tone: "quiet", text: status.replaceAll("_", " ") };
}

/** Returns what is happening to an attempt that has no result yet. */
export function progressText(progress: Progress): string {
  if (progress.status === "queued") {
    if (progress.stands_still)
      return "Nothing is being judged just now. Your program is kept, and judged as soon as that goes on";
    const before = progress.queue_position;
    if (before === null) return "Waiting for its turn";
    if (before === 0) return "Next in line";
    const wait = waitText(progress.wait_seconds ?? null);
    return `Waiting: ${before} ${before === 1 ? "program" : "programs"} before yours${wait && `, ${wait}`}`;
  }
  if (progress.tests_total === 0) return "Compiling and starting";
  return `${progress.tests_done} of ${progress.tests_total} tests done`;
}

/** Rounded up: better to be early than to be late. */
function waitText(seconds: number | null): string {
  if (seconds === null) return "";
  if (seconds <= 10) return "a few seconds";
  return seconds <= 90 ? `about ${Math.ceil(seconds / 10) * 10} s` : `about ${Math.ceil(seconds / 60)} min`;
}

function passed(tests: readonly TestShown[]): number {
  return tests.filter((test) => test.status === "pass").length;
}

/** Returns an attempt's result in one line. */
export function summary(attempt: Attempt): Verdict {
  if (attempt.status === "error")
    return { icon: "alert", tone: "warn", text: "This attempt could not be judged" };
  if (attempt.status === "cancelled")
    return { icon: "dash", tone: "quiet", text: "Taken back before it was run" };
  const hidden = attempt.hidden_summary ?? { passed: 0, total: 0 };
  const all = attempt.tests.length + hidden.total;
  const good = passed(attempt.tests) + hidden.passed;
  if (attempt.compiles === false)
    return { icon: "cross", tone: "fail", text: "The program does not compile" };
  if ((attempt.release_note || attempt.is_quiz) && all === 0)
    return { icon: "check", tone: "quiet", text: "Handed in" };
  if (attempt.is_quiz) {
    const tone = good === all ? "pass" : "quiet";
    return { icon: "check", tone, text: `${good} of ${all} ${all === 1 ? "question" : "questions"} right` };
  }
  const kind = attempt.type === "test_run" ? "sample tests" : "tests";
  if (all > 0 && good === all) {
    const every = all === 1 ? `The ${kind.slice(0, -1)} passed` : `All ${all} ${kind} passed`;
    return { icon: "check", tone: "pass", text: every };
  }
  return { icon: "cross", tone: "fail", text: `${good} of ${all} ${kind} passed` };
}

/** Says how a test went; where no output is compared none can be wrong. */
export function outcome(test: TestShown): Verdict {
  const said = verdict(test.status);
  return test.status === "fail" && test.expected === null ? { ...said, text: "Failed" } : said;
}

export function measured(test: TestShown): string {
  // Of what was looked at and not run.
  if (test.time_ms === 0 && !test.memory_kb) return "";
  const parts = [];
  if (typeof test.time_ms === "number")
    parts.push(test.time_ms < 1000 ? `${test.time_ms} ms` : `${(test.time_ms / 1000).toFixed(1)} s`);
  if (test.memory_kb) parts.push(`${Math.max(1, Math.round(test.memory_kb / 1024))} MB`);
  return parts.join(" · ");
}

const DELIVERY_LOOKS: Readonly<Record<string, Omit<Verdict, "text">>> = {
  verified: { icon: "check", tone: "pass" },
  failed: { icon: "cross", tone: "fail" },
  overridden: { icon: "alert", tone: "warn" },
  excluded: { icon: "dash", tone: "quiet" },
  frozen: { icon: "lock", tone: "warn" },
  withheld: { icon: "clock", tone: "quiet" },
};

export function deliveryLook(state: string): Omit<Verdict, "text"> {
  return DELIVERY_LOOKS[state] ?? { icon: "clock", tone: "quiet" };
}
