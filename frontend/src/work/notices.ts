/** What the page tells over the editor (session ended, closed, refused), and the choice between two texts. */
import { difference } from "../shared/difference";
import { icon, make } from "../shared/dom";
import { outputBlock } from "./results";
import type { Text } from "./texts";

export interface Action {
  readonly label: string;
  readonly run: () => void;
}

export interface Notice {
  readonly title: string;
  readonly message: string;
  readonly tone: "warn" | "fail" | "quiet";
  readonly actions?: readonly Action[];
}

export class Notices {
  readonly #place: HTMLElement;

  /** `place` is a live region: what appears in it is read out. */
  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Shows a notice in the place of an earlier one of the same `name`; null takes it away. */
  show(name: string, notice: Notice | null): void {
    const old = this.#place.querySelector(`[data-notice="${name}"]`);
    if (notice === null) {
      old?.remove();
      return;
    }
    const buttons = (notice.actions ?? []).map((action) =>
      make("button", { type: "button", class: "button small", click: action.run }, action.label),
    );
    const box = make(
      "div",
      { class: `notice tone-${notice.tone}`, "data-notice": name },
      icon(notice.tone === "quiet" ? "info" : "alert"),
      make("div", {}, make("strong", {}, notice.title), make("p", {}, notice.message)),
      buttons.length > 0 && make("div", { class: "notice-actions" }, ...buttons),
    );
    if (old) old.replaceWith(box);
    else this.#place.append(box);
  }
}

export interface Choice {
  readonly title: string;
  readonly explanation: string;
  readonly mine: Text;
  readonly mineLabel: string;
  readonly theirs: Text;
  readonly theirsLabel: string;
  readonly languageLabel: (id: string) => string;
}

/** Has a person choose between two texts. There is no way out of it without one: both are kept whichever it is. */
export function chooseText(choice: Choice): Promise<"mine" | "theirs"> {
  return new Promise((resolve) => {
    const marked = difference(choice.theirs.code, choice.mine.code);
    const done = (which: "mine" | "theirs") => (): void => {
      dialog.close();
      dialog.remove();
      resolve(which);
    };
    const side = (label: string, text: Text, which: "mine" | "theirs"): HTMLElement =>
      make(
        "section",
        { class: "choice" },
        make("h3", {}, label),
        make(
          "p",
          { class: "quiet" },
          `${choice.languageLabel(text.language)} · ${text.code.split("\n").length} lines`,
        ),
        outputBlock(label, which === "mine" ? marked.output : marked.expected),
        make(
          "button",
          { type: "button", class: which === "mine" ? "button primary" : "button", click: done(which) },
          which === "mine" ? "Go on with this one" : "Take this one",
        ),
      );
    const dialog = make(
      "dialog",
      { class: "dialog wide", "aria-labelledby": "choice-title", cancel: (event) => event.preventDefault() },
      make("h2", { id: "choice-title" }, choice.title),
      make("p", {}, choice.explanation),
      make(
        "div",
        { class: "choices" },
        side(choice.mineLabel, choice.mine, "mine"),
        side(choice.theirsLabel, choice.theirs, "theirs"),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something that cannot be taken back, and returns whether to go on. */
export function confirmed(title: string, message: string, yes: string): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = make("dialog", { class: "dialog", "aria-labelledby": "confirm-title" });
    const end = (answer: boolean) => (): void => {
      dialog.remove();
      resolve(answer);
    };
    dialog.addEventListener("cancel", end(false));
    dialog.append(
      make("h2", { id: "confirm-title" }, title),
      make("p", {}, message),
      make(
        "div",
        { class: "dialog-actions" },
        make("button", { type: "button", class: "button", click: end(false) }, "Not yet"),
        make("button", { type: "button", class: "button primary", click: end(true) }, yes),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Copies `code`, where the frame may; else shows it selected, to be copied by hand. Returns what happened, in words. */
export async function copyCode(code: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(code);
    return "Copied";
  } catch {
    // An LMS's frame often has no permission for the clipboard.
    showForCopying(code);
    return "Select and copy the text";
  }
}

function showForCopying(code: string): void {
  const field = make("textarea", { readonly: true, rows: 14, "aria-label": "Your code, to be copied" });
  field.value = code;
  const dialog = make(
    "dialog",
    { class: "dialog wide", "aria-labelledby": "copy-title", close: () => dialog.remove() },
    make("h2", { id: "copy-title" }, "Copy your code"),
    make(
      "p",
      {},
      "This frame may not use the clipboard. The text is selected: press Ctrl+C, or Cmd+C on a Mac.",
    ),
    field,
    make(
      "div",
      { class: "dialog-actions" },
      make("button", { type: "button", class: "button", click: () => dialog.close() }, "Done"),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  field.focus();
  field.select();
}
