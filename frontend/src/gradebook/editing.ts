/** Typing a mark: kept at once, and said so; what the server refuses stays as it was typed, with why beside it. */
import { announce } from "../shared/announce";
import { send } from "../shared/api";
import { make } from "../shared/dom";
import type { Places } from "./places";

interface Kept {
  readonly text: string;
  readonly seen: string;
  readonly by_hand: boolean;
  readonly above: boolean;
  readonly lms: string;
  readonly total: string;
}

const NOTHING_SEEN = "0.0";

export class CellEditor {
  private before = new WeakMap<HTMLTableCellElement, string>();
  /** Fields that are done with. */
  private over = new WeakSet<HTMLInputElement>();

  constructor(
    private readonly places: Places,
    private readonly reason: HTMLInputElement,
  ) {}

  /** Does what a key means to somebody who types a mark, or begins to; returns whether it means that. */
  takes(cell: HTMLTableCellElement, event: KeyboardEvent): boolean {
    if (event.altKey || event.metaKey || event.ctrlKey || (event.key === "Enter" && event.shiftKey))
      return false;
    const field = cell.querySelector("input");
    if (field) return this.types(cell, field, event);
    if (event.key === "Enter" || event.key === "F2") this.begin(cell);
    else if (event.key === "Delete" || event.key === "Backspace") this.begin(cell, "");
    else if (/^[\d.,a-z]$/i.test(event.key)) this.begin(cell, event.key);
    else return false;
    return true;
  }

  /** Lets somebody type, from what stands there or from a first letter. */
  begin(cell: HTMLTableCellElement, first?: string): void {
    const text = cell.textContent?.trim() ?? "";
    this.before.set(cell, text);
    const field = make("input", {
      class: "cell-input",
      "aria-label": this.places.name(cell),
      autocomplete: "off",
    });
    field.value = first ?? text;
    field.addEventListener("blur", () => {
      if (!this.over.has(field)) void this.keep(cell);
    });
    cell.replaceChildren(field);
    field.focus();
    if (first === undefined) field.select();
  }

  private types(cell: HTMLTableCellElement, field: HTMLInputElement, event: KeyboardEvent): boolean {
    switch (event.key) {
      case "Escape":
        this.show(cell, this.before.get(cell) ?? "");
        this.places.focus(cell);
        return true;
      case "Enter":
      case "ArrowDown":
        this.places.move(cell, 1, 0);
        break;
      case "ArrowUp":
        this.places.move(cell, -1, 0);
        break;
      case "Tab":
        this.places.move(cell, 0, event.shiftKey ? -1 : 1);
        break;
      default:
        return false;
    }
    // At the end of the class, or of a row, one stays where one is.
    if (document.activeElement === field) void this.keep(cell).then(() => this.places.focus(cell));
    return true;
  }

  private async keep(cell: HTMLTableCellElement): Promise<void> {
    const field = cell.querySelector("input");
    if (!field || cell.getAttribute("aria-busy") === "true") return;
    const typed = field.value.trim();
    if (typed === this.before.get(cell)) {
      this.show(cell, typed);
      return;
    }
    cell.setAttribute("aria-busy", "true");
    const answer = await send<Kept>("POST", this.places.address(cell), {
      points: typed,
      reason: this.reason.value,
      seen: cell.dataset["seen"] ?? NOTHING_SEEN,
    });
    cell.removeAttribute("aria-busy");
    if (answer.kind === "ok") this.kept(cell, answer.body);
    else if (answer.kind === "unanswered")
      this.refused(cell, "Not kept: the server does not answer. Try again.");
    else {
      const body = answer.refusal.body as { seen?: string; text?: string };
      // Whoever says it again has seen what stands there now.
      if (body.seen) cell.dataset["seen"] = body.seen;
      const now = body.seen ? ` It is “${body.text || "no mark"}” now.` : "";
      this.refused(cell, answer.refusal.message + now);
    }
  }

  private kept(cell: HTMLTableCellElement, mark: Kept): void {
    const hadFocus = cell.contains(document.activeElement);
    cell.dataset["seen"] = mark.seen;
    cell.classList.toggle("by-hand", mark.by_hand);
    if (mark.lms) cell.dataset["lms"] = mark.lms;
    this.show(cell, mark.text);
    const total = cell.closest("tr")?.querySelector("[data-total]");
    if (total) total.textContent = mark.total;
    if (hadFocus) this.places.focus(cell);
    cell.classList.add("just-kept");
    const above = mark.above ? " That is more than the maximum." : "";
    announce(`Kept. ${this.places.describe(cell)}.${above}`);
  }

  private refused(cell: HTMLTableCellElement, why: string): void {
    cell.classList.add("refused");
    cell.querySelector(".cell-error")?.remove();
    const message = make("span", { class: "cell-error", role: "alert" }, why);
    const field = cell.querySelector("input");
    field?.setAttribute("aria-invalid", "true");
    cell.append(message);
  }

  private show(cell: HTMLTableCellElement, text: string): void {
    // Taking a field away blurs it, and what stands in it is not to be kept by that.
    const field = cell.querySelector("input");
    if (field) this.over.add(field);
    cell.classList.remove("refused");
    cell.replaceChildren(text);
  }
}
