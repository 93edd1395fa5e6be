/** Run and Submit. */
import { send, type Refusal } from "../shared/api";
import { announce } from "../shared/announce";
import { isFinished, isSettled, type Attempt, type AttemptType, type Handed } from "./attempt";
import type { ResultPanel } from "./results";
import { sameText, type Text } from "./texts";
import { poll, watch, type Watcher } from "./watch";
import { summary } from "./words";

/** The buttons of a page; one without samples has no Run. */
export type Buttons = Readonly<Partial<Record<AttemptType, HTMLButtonElement>>>;

export interface HandInParts {
  readonly url: string;
  readonly buttons: Buttons;
  readonly panel: ResultPanel;
  readonly text: () => Text;
  readonly focusedSeconds: () => number;
  /** Shows what the compiler said beside the lines; nothing for a program that compiles. */
  readonly markLines: (compilerOutput: string) => void;
  /** Where a refusal is shown. */
  readonly refused: (refusal: Refusal) => void;
  /** A new attempt was taken. */
  readonly handedIn: (type: AttemptType, handed: Handed) => void;
  /** Whether the next submission has to wait. */
  readonly waits: () => boolean;
  /** An attempt was added to the list, or has its result. */
  readonly listChanged: () => void;
}

const TRIES = 4;
const DOUBLE_CLICK = 800;

/** Keeps a button from handing in what is being judged already; any change of the text frees it. */
export class HandIn {
  readonly #parts: HandInParts;
  readonly #judging: Partial<Record<AttemptType, Text>> = {};
  readonly #pressed: Partial<Record<AttemptType, { text: Text; at: number }>> = {};
  /** The key of a press that got no answer: pressing again asks for the same attempt. */
  readonly #unanswered: Partial<Record<AttemptType, { text: Text; key: string }>> = {};
  #posting = false;
  #shown: { handed: Handed; watcher: Watcher; stop: () => void; finished: boolean } | null = null;

  constructor(parts: HandInParts) {
    this.#parts = parts;
  }

  /** Hands in the text on the page, unless that is going on already. */
  async press(type: AttemptType): Promise<void> {
    const text = this.#parts.text();
    const before = this.#pressed[type];
    const twice = before && sameText(before.text, text) && Date.now() - before.at < DOUBLE_CLICK;
    if (
      this.#posting ||
      twice ||
      this.#parts.buttons[type]?.disabled !== false ||
      sameText(this.#judging[type] ?? null, text)
    )
      return;
    this.#pressed[type] = { text, at: Date.now() };
    this.#posting = true;
    this.refresh();
    const unanswered = this.#unanswered[type];
    const key = unanswered && sameText(unanswered.text, text) ? unanswered.key : crypto.randomUUID();
    this.#unanswered[type] = { text, key };
    const answer = await this.#post(type, text, key);
    this.#posting = false;
    if (answer) {
      delete this.#unanswered[type];
      this.#follow(type, text, answer);
    }
    this.refresh();
  }

  /** Shows a submission of before, and follows it where more is to come of it. */
  show(before: Attempt): void {
    const { panel } = this.#parts;
    const watcher: Watcher = {
      progress: (progress) => panel.progress(progress),
      test: (test) => panel.test(test),
      completed: (attempt) => {
        panel.completed(attempt);
        this.#parts.listChanged();
      },
      delivery: (delivery) => panel.delivery(delivery),
      trouble: (message) => panel.trouble(message),
    };
    if (isFinished(before.status)) panel.completed(before);
    else panel.begin(before);
    const isOver = isFinished(before.status) && !before.release_note && isSettled(before.score_delivery);
    this.#shown = { handed: before, watcher, stop: () => undefined, finished: true };
    if (!isOver) this.#shown.stop = watch(before, watcher);
  }

  /** Sets the buttons by what is under way. */
  refresh(): void {
    const text = this.#parts.text();
    for (const type of ["test_run", "final_submission"] as const) {
      const button = this.#parts.buttons[type];
      const busy =
        this.#posting ||
        sameText(this.#judging[type] ?? null, text) ||
        (type === "final_submission" && this.#parts.waits());
      // aria-disabled rather than disabled: the focus stays where it is.
      button?.setAttribute("aria-disabled", String(busy));
    }
  }

  async #post(type: AttemptType, text: Text, key: string): Promise<Handed | null> {
    const data = { ...text, type, idempotency_key: key, time_focused_seconds: this.#parts.focusedSeconds() };
    for (let tried = 1; ; tried += 1) {
      // The key makes repeating safe: the same attempt answers.
      const answer = await send<{ attempt: Handed }>("POST", this.#parts.url, data);
      if (answer.kind === "ok") return answer.body.attempt;
      if (answer.kind === "refused" && (!answer.refusal.retryable || answer.refusal.status === 429)) {
        this.#parts.refused(answer.refusal);
        return null;
      }
      if (tried === TRIES) {
        this.#parts.refused(answer.kind === "refused" ? answer.refusal : notReached());
        return null;
      }
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
    }
  }

  #follow(type: AttemptType, text: Text, handed: Handed): void {
    this.#standBack();
    this.#judging[type] = text;
    const url = type === "test_run" ? handed.cancel_url : undefined;
    this.#parts.panel.begin(handed, "", url === undefined ? null : () => void this.#takeBack(url));
    announce(type === "test_run" ? "Run started" : "Submitted; being graded");
    this.#parts.handedIn(type, handed);
    this.#parts.listChanged();
    const watcher = this.#watcher(type, text, handed);
    this.#shown = { handed, watcher, stop: () => undefined, finished: false };
    this.#shown.stop = watch(handed, watcher);
  }

  /** Lets a Run go that waits; that it is gone comes as every result does. */
  async #takeBack(url: string): Promise<void> {
    const answer = await send<Attempt>("POST", url, {});
    if (answer.kind === "refused") this.#parts.refused(answer.refusal);
    else if (answer.kind === "unanswered") this.#parts.refused(notReached());
    else announce("Run taken back");
  }

  /** A newer attempt takes the panel; the one shown until now is asked after now and then, if it is not done. */
  #standBack(): void {
    if (this.#shown === null) return;
    const { handed, watcher, stop, finished } = this.#shown;
    stop();
    this.#shown = null;
    if (!finished) poll(handed, watcher);
  }

  #watcher(type: AttemptType, text: Text, handed: Handed): Watcher {
    const { panel, listChanged, markLines, refused } = this.#parts;
    const isShown = (): boolean => this.#shown?.handed.id === handed.id;
    let finished = false;
    const free = (): void => {
      finished = true;
      if (this.#shown && isShown()) this.#shown.finished = true;
      if (sameText(this.#judging[type] ?? null, text)) delete this.#judging[type];
      this.refresh();
    };
    return {
      progress: (progress) => void (!finished && isShown() && panel.progress(progress)),
      test: (test) => void (!finished && isShown() && panel.test(test)),
      completed: (attempt) => {
        if (isShown()) panel.completed(attempt);
        if (isShown() && sameText(this.#parts.text(), text)) markLines(attempt.compile_output ?? "");
        if (!finished) announce(resultText(attempt));
        free();
        listChanged();
      },
      delivery: (delivery) => {
        if (isShown()) panel.delivery(delivery);
        if (delivery.state === "verified") announce(delivery.text);
      },
      trouble: (message, refusal) => {
        if (isShown()) panel.trouble(message);
        if (refusal === null) return;
        refused(refusal);
        free();
      },
    };
  }
}

function resultText(attempt: Attempt): string {
  const points = attempt.points === null ? "" : `, ${attempt.points} of ${attempt.maximum} points`;
  return `Attempt ${attempt.attempt_number}: ${summary(attempt).text}${points}`;
}

function notReached(): Refusal {
  return {
    status: 0,
    code: "unanswered",
    message: "The server is not reached. Press the button again in a moment: the attempt is counted once.",
    retryable: true,
    after: 0,
    body: {},
  };
}
