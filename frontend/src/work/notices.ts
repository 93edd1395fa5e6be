/** What the page tells over the editor (session ended, closed, refused), and asks. */
import { icon, make } from "../shared/dom";

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
      make("div", {}, make("strong", {}, notice.title), notice.message && make("p", {}, notice.message)),
      buttons.length > 0 && make("div", { class: "notice-actions" }, ...buttons),
    );
    if (old) old.replaceWith(box);
    else this.#place.append(box);
  }
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
