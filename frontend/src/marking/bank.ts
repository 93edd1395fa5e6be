/** The bank of comments beside a submission: found by typing, chosen by arrows, put on by Enter. */
import { byId } from "../shared/dom";

export class Bank {
  private readonly options: HTMLElement[];

  /** The bank of this page; nothing where it is empty, or somebody else marks. */
  static here(): Bank | undefined {
    const form = document.getElementById("bank-form");
    return form instanceof HTMLFormElement ? new Bank(form) : undefined;
  }

  private constructor(private readonly form: HTMLFormElement) {
    this.options = [...byId("bank-list").querySelectorAll<HTMLElement>(".option")];
    byId("bank-find").hidden = false;
    const search = byId<HTMLInputElement>("bank-search");
    search.addEventListener("input", () => this.find(search.value));
    search.addEventListener("keydown", (event) => this.press(event));
  }

  open(): void {
    const card = byId<HTMLDetailsElement>("bank");
    card.open = true;
    byId("bank-search").focus();
  }

  private find(words: string): void {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    for (const one of this.options) {
      const text = (one.textContent ?? "").toLowerCase();
      one.hidden = !wanted.every((word) => text.includes(word));
    }
    const shown = this.shown();
    byId("bank-none").textContent = shown.length ? "" : "No comment has these words.";
    if (!shown.some((one) => one.querySelector("input")?.checked)) this.choose(shown[0]);
  }

  private press(event: KeyboardEvent): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step) {
      const shown = this.shown();
      const at = shown.findIndex((one) => one.querySelector("input")?.checked);
      this.choose(shown[Math.min(Math.max(at + step, 0), shown.length - 1)]);
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      if (this.shown().length) this.form.requestSubmit(this.form.querySelector("button"));
    } else if (event.key === "Escape") {
      byId<HTMLDetailsElement>("bank").open = false;
      return;
    } else return;
    event.preventDefault();
  }

  private shown(): HTMLElement[] {
    return this.options.filter((one) => !one.hidden);
  }

  private choose(option: HTMLElement | undefined): void {
    const radio = option?.querySelector("input");
    if (!radio) return;
    radio.checked = true;
    option?.scrollIntoView({ block: "nearest" });
  }
}
