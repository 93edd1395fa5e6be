/** What stands in the way of saving or handing in, and what can be done about it. */
import { announce } from "../shared/announce";
import type { Refusal } from "../shared/api";
import type { Config } from "./config";
import type { Action, Notices } from "./notices";
import type { Hold } from "./saving";
import { comeBack } from "./session";

export interface HindranceParts {
  readonly config: Config;
  readonly notices: Notices;
  /** How the work is got off a page that saves nothing. */
  readonly rescue: Action;
  readonly lock: () => void;
  /** The session is there again. */
  readonly resume: () => void;
}

export class Hindrances {
  readonly #parts: HindranceParts;

  constructor(parts: HindranceParts) {
    this.#parts = parts;
  }

  /** Shows what keeps the draft from being saved; nothing for what is shown elsewhere or passes by itself. */
  show(hold: Hold): void {
    const { notices } = this.#parts;
    notices.show("saving", null);
    if (hold.kind === "ended") this.#ended(hold.message);
    if (hold.kind === "closed") this.closed(hold.message);
    if (hold.kind === "refused") {
      notices.show("saving", { tone: "fail", title: "This text cannot be saved.", message: hold.message });
    }
  }

  closed(message: string): void {
    this.#parts.lock();
    const title = "Nothing more is accepted.";
    this.#parts.notices.show("saving", { tone: "warn", title, message, actions: [this.#parts.rescue] });
  }

  /** Shows why an attempt was not taken. */
  refused(refusal: Refusal): void {
    this.#parts.notices.show("handed", {
      tone: refusal.retryable ? "warn" : "fail",
      title: refusal.retryable ? "Not handed in yet." : "This was not accepted.",
      message: refusal.message,
      actions: [{ label: "Close", run: () => this.clearRefused() }],
    });
  }

  /** Says why a file cannot be opened. */
  unopened(message: string): void {
    const actions = [{ label: "Close", run: () => this.clearRefused() }];
    const title = "This file is not opened.";
    this.#parts.notices.show("handed", { tone: "warn", title, message, actions });
  }

  clearRefused(): void {
    this.#parts.notices.show("handed", null);
  }

  /** Looks whether the session is there again; says so only if asked by a person. */
  async tryAgain(asked: boolean): Promise<void> {
    const found = await comeBack(this.#parts.config);
    if (found === "back") {
      this.#parts.notices.show("session", null);
      this.#parts.resume();
      announce("Your session is back.");
    } else if (asked || found === "somebody_else") {
      const message =
        found === "somebody_else"
          ? "Somebody else is signed in in this browser now, so this text is not sent. Copy it, or sign in as yourself again."
          : "There is no session yet. Open the assignment from your course page, then try again.";
      this.#parts.notices.show("session", { tone: "warn", title: "Not yet.", message });
    }
  }

  #ended(message: string): void {
    this.#parts.notices.show("saving", {
      tone: "warn",
      title: "Nothing is saved at the moment.",
      message: `${message} Once it is open in another tab, this page goes on by itself.`,
      actions: [this.#parts.rescue, { label: "Try again", run: () => void this.tryAgain(true) }],
    });
  }
}
