/** What submitting now means: how late it is, and how long one has to wait between two submissions. */
import { announce } from "../shared/announce";
import type { Refusal } from "../shared/api";

export interface Timing {
  /** Until the next submission is taken. */
  readonly next_in_seconds: number;
  /** From when, in seconds after the page was made, work is late, and what it counts then; in order. */
  readonly late: readonly { readonly in_seconds: number; readonly text: string }[];
}

// The longest that a timer of a browser can be set to.
const LONGEST = 2 ** 31 - 1;

export class SubmitTimes {
  readonly #changed: () => void;
  #until = 0;
  #clock = 0;

  /** `changed` is called when a wait begins or is over. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Goes on from what the server said when it made the page. */
  begin(timing: Timing | null | undefined): void {
    if (!timing) return;
    for (const stage of timing.late) {
      const wait = stage.in_seconds * 1000;
      if (wait > 0 && wait < LONGEST) window.setTimeout(() => this.#late(stage.text), wait);
    }
    this.wait(timing.next_in_seconds);
  }

  /** Whether a submission would be refused. */
  get waits(): boolean {
    return Date.now() < this.#until;
  }

  /** Counts down until the next submission is taken. */
  wait(seconds: number): void {
    if (seconds <= 0) return;
    this.#until = Date.now() + seconds * 1000;
    window.clearInterval(this.#clock);
    this.#clock = window.setInterval(() => this.#tick(), 1000);
    this.#tick();
    this.say();
    this.#changed();
  }

  /** Waits as long as a refusal asks for, if it is one that does. */
  refused(refusal: Refusal): void {
    if (refusal.code === "too_soon") {
      this.wait((refusal.body as { readonly next_in_seconds?: number }).next_in_seconds ?? 0);
    }
  }

  /** Reads out how long it still is: not each second, which nobody could listen to. */
  say(): void {
    if (this.waits) announce(this.#text());
  }

  #tick(): void {
    const line = document.getElementById("submit-wait");
    if (line === null) return;
    line.hidden = !this.waits;
    line.lastElementChild?.replaceChildren(this.waits ? this.#text() : "");
    if (this.waits) return;
    window.clearInterval(this.#clock);
    announce("You can submit again.");
    this.#changed();
  }

  #text(): string {
    return `You can submit again in ${lengthText(Math.ceil((this.#until - Date.now()) / 1000))}.`;
  }

  #late(text: string): void {
    const line = document.getElementById("late-now");
    if (line === null) return;
    line.hidden = false;
    line.lastElementChild?.replaceChildren(text);
    announce(text);
  }
}

/** Returns a length of time as a page counts it down: "1 h 5 min", "4 min 30 s", "12 s". */
export function lengthText(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "min"],
    [seconds % 60, "s"],
  ];
  const said = parts.filter(([number]) => number > 0).map(([number, unit]) => `${number} ${unit}`);
  return said.slice(0, 2).join(" ") || "0 s";
}
