/** Draws an attempt: its progress, its tests as they finish, its result. */
import { difference, type Stretch } from "../shared/difference";
import { icon, make } from "../shared/dom";
import type { Attempt, Delivery, Handed, Progress, TestShown } from "./attempt";
import { compilerPieces, type Piece } from "./compiler";
import { deliveryLook, measured, outcome, progressText, summary, verdict, type Verdict } from "./words";

export interface PanelParts {
  /** Shows the place in the program that a piece of output speaks of. */
  readonly jump: (piece: Piece) => void;
  /** Returns what a compiler or a program said, with such places. */
  readonly pieces: (output: string) => Piece[];
}

export class ResultPanel {
  readonly #place: HTMLElement;
  readonly #parts: PanelParts;
  #list = make("ol", { class: "tests" });
  #progressText = make("span", {});
  #bar = make("progress", { "aria-label": "Tests done" });
  #takeBack: HTMLButtonElement | null = null;

  constructor(place: HTMLElement, { jump, pieces = compilerPieces }: Partial<PanelParts> = {}) {
    this.#place = place;
    this.#parts = { jump: jump ?? ((): void => undefined), pieces };
  }

  /** An attempt was handed in and waits; `takeBack` is what becomes of it where it is not wanted any more. */
  begin(handed: Handed, note = "", takeBack: (() => void) | null = null): void {
    this.#list = make("ol", { class: "tests" });
    this.#progressText = make("span", {}, "Handed in");
    this.#bar = make("progress", { "aria-label": "Tests done" });
    this.#takeBack =
      takeBack &&
      make(
        "button",
        { type: "button", class: "button small quiet-button", hidden: true, click: takeBack },
        "Cancel",
      );
    const line = make(
      "p",
      { class: "progress-line" },
      icon("clock"),
      this.#progressText,
      this.#takeBack ?? "",
    );
    this.#place.replaceChildren(
      heading(handed),
      line,
      this.#bar,
      note && make("p", { class: "quiet" }, note),
      this.#list,
    );
  }

  progress(progress: Progress): void {
    this.#progressText.textContent = progressText(progress);
    // Once it runs the result comes sooner than a second thought.
    if (this.#takeBack) this.#takeBack.hidden = progress.status !== "queued";
    if (progress.tests_total > 0) {
      this.#bar.max = progress.tests_total;
      this.#bar.value = progress.tests_done;
    }
  }

  test(test: TestShown): void {
    const known = [...this.#list.children].some((row) => (row as HTMLElement).dataset["name"] === test.name);
    if (!known) this.#list.append(this.#row(test, false));
  }

  trouble(message: string): void {
    this.#progressText.textContent = message;
  }

  completed(attempt: Attempt): void {
    const overall = summary(attempt);
    const parts = [
      heading(attempt),
      make("p", { class: `verdict tone-${overall.tone}` }, icon(overall.icon), overall.text, score(attempt)),
      attempt.late_note && make("p", { class: "late-note" }, icon("clock"), attempt.late_note),
      attempt.release_note && make("p", { class: "release-note" }, attempt.release_note),
      attempt.error && make("p", { class: "notice tone-warn" }, attempt.error),
      attempt.compile_output && this.#compiler(attempt.compile_output),
      !attempt.is_quiz && this.#tests(attempt),
      attempt.type === "final_submission" &&
        attempt.score_delivery &&
        attempt.score_delivery.text !== attempt.release_note &&
        deliveryLine(attempt.score_delivery),
      make(
        "p",
        { class: "quiet" },
        make(
          "a",
          { href: attempt.url },
          attempt.is_quiz
            ? "See your answers one by one"
            : `Open attempt ${attempt.attempt_number} as a page`,
        ),
      ),
    ];
    this.#place.replaceChildren(...parts.filter((part): part is HTMLElement => part instanceof HTMLElement));
  }

  delivery(delivery: Delivery): void {
    this.#place.querySelector(".delivery")?.replaceWith(deliveryLine(delivery));
  }

  #tests(attempt: Attempt): HTMLElement {
    const list = make("ol", { class: "tests" });
    const firstWrong = attempt.tests.find((test) => test.status !== "pass");
    for (const test of attempt.tests) list.append(this.#row(test, test === firstWrong));
    if (attempt.hidden_summary)
      list.append(hiddenRow(attempt.hidden_summary.passed, attempt.hidden_summary.total));
    return list;
  }

  #row(test: TestShown, open: boolean): HTMLLIElement {
    const said = outcome(test);
    const head = [
      badge(said),
      make("span", { class: "test-name" }, test.name),
      make("span", { class: "test-status" }, said.text),
      make("span", { class: "test-cost" }, measured(test)),
    ];
    const details = testDetails(test, this.#parts);
    const row = make("li", { class: `test tone-${said.tone}`, "data-name": test.name });
    if (details.length === 0) row.append(make("div", { class: "test-head" }, ...head));
    else row.append(make("details", { open }, make("summary", { class: "test-head" }, ...head), ...details));
    return row;
  }

  #compiler(output: string): HTMLElement {
    const said = consoleBlock(output.trimEnd(), "What the compiler said", this.#parts);
    return make("section", { class: "stack-2" }, make("h4", {}, "Compiler"), said);
  }
}

function heading(attempt: Handed): HTMLElement {
  const kind = attempt.type === "test_run" ? "Run" : "Submission";
  return make("h3", { class: "result-title" }, `${kind} · attempt ${attempt.attempt_number}`);
}

function score(attempt: Attempt): HTMLElement | null {
  if (attempt.points === null || attempt.maximum === null) return null;
  return make("span", { class: "score" }, make("strong", {}, attempt.points), ` / ${attempt.maximum} points`);
}

/** How far the assignment's score has come: that which counts, not necessarily this attempt's. */
export function deliveryLine(delivery: Delivery): HTMLElement {
  const look = deliveryLook(delivery.state);
  const score = delivery.score === undefined ? "" : ` ${delivery.score} / ${delivery.maximum}`;
  const label = make("span", { class: "delivery-label" }, `Score of the assignment${score}:`);
  return make("p", { class: `delivery tone-${look.tone}` }, label, icon(look.icon), delivery.text);
}

function badge(said: Verdict): HTMLElement {
  return make("span", { class: "badge-icon" }, icon(said.icon));
}

function hiddenRow(passed: number, total: number): HTMLLIElement {
  const said: Verdict = verdict(passed === total ? "pass" : "fail");
  const name = total === 1 ? "Hidden test" : "Hidden tests";
  const head = [
    badge({ ...said, icon: passed === total ? "check" : "lock" }),
    make("span", { class: "test-name" }, name),
    make("span", { class: "test-status" }, `${passed} of ${total} passed`),
  ];
  return make("li", { class: `test tone-${said.tone}` }, make("div", { class: "test-head" }, ...head));
}

function testDetails(test: TestShown, panel: PanelParts): HTMLElement[] {
  const found: HTMLElement[] = [];
  // What the compiler said stands above, once for all tests.
  if (test.status === "compile_error" && !test.code) return found;
  if (test.message) {
    const long = test.message.includes("\n");
    found.push(
      long
        ? consoleBlock(test.message, "What the program said", panel)
        : make("p", { class: "test-message" }, test.message),
    );
  }
  const shown = typeof test.output === "string" && typeof test.expected === "string";
  const marked = shown && test.status === "fail" ? difference(test.expected ?? "", test.output ?? "") : null;
  const blocks = make("div", { class: "io" });
  if (test.code) blocks.append(block("Test", [{ text: test.code, differs: false }], "whole"));
  if (typeof test.input === "string") blocks.append(block("Input", [{ text: test.input, differs: false }]));
  if (typeof test.expected === "string") {
    blocks.append(block("Expected", marked?.expected ?? [{ text: test.expected, differs: false }]));
  }
  if (typeof test.output === "string") {
    blocks.append(block("Your output", marked?.output ?? [{ text: test.output, differs: false }]));
  }
  if (marked && marked.line !== null && !test.message) {
    found.push(make("p", { class: "quiet" }, `The first difference is in line ${marked.line}.`));
  }
  if (blocks.childElementCount > 0) found.push(blocks);
  return found;
}

function block(title: string, stretches: readonly Stretch[], kind = ""): HTMLElement {
  return make("figure", { class: kind }, make("figcaption", {}, title), outputBlock(title, stretches));
}

/** Draws a program's input or output, with the parts marked that differ. */
export function outputBlock(title: string, stretches: readonly Stretch[]): HTMLPreElement {
  const pre = make("pre", { role: "group", class: "console", tabindex: 0, "aria-label": title });
  for (const stretch of stretches)
    pre.append(stretch.differs ? make("mark", {}, stretch.text) : stretch.text);
  if (pre.textContent === "") pre.append(make("span", { class: "quiet" }, "(nothing)"));
  return pre;
}

/** Draws what a compiler or a program said; what speaks of a line leads to it. */
function consoleBlock(output: string, label: string, panel: PanelParts): HTMLPreElement {
  const pre = make("pre", { role: "group", class: "console", tabindex: 0, "aria-label": label });
  panel.pieces(output).forEach((piece, index) => {
    if (index > 0) pre.append("\n");
    if (piece.line === null) {
      pre.append(piece.text);
      return;
    }
    const go = (): void => panel.jump(piece);
    pre.append(
      make(
        "button",
        {
          type: "button",
          class: "line-link",
          click: go,
          title: `Go to ${piece.file ? `${piece.file}, ` : ""}line ${piece.line}`,
        },
        piece.text,
      ),
    );
  });
  return pre;
}
