/** The panel of earlier texts: attempts (a fragment that htmx loads) and what this browser kept. */
import { make } from "../shared/dom";
import { showLocalTimes } from "../shared/times";
import type { KeptText, Keeping } from "./keeping";
import { extent, type Reader, type Text } from "./texts";

export interface PastParts {
  /** The element that holds the list of attempts. */
  readonly list: HTMLElement;
  /** What stands beside the work of somebody in a group, with the others' texts. */
  readonly beside?: HTMLElement | null;
  readonly kept: HTMLElement;
  readonly keeping: Keeping;
  readonly reader: Reader;
  /** Puts a text into the editor; what is there is kept first. */
  readonly restore: (text: Text, from: string) => void;
  readonly failed: (message: string) => void;
  /** What the button says that does so. */
  readonly restoreWords?: string;
}

export class Past {
  readonly #parts: PastParts;
  #loaded = false;
  /** What was compared in the list that is being replaced: the address of each comparison, and with what. */
  #compared = new Map<string, string>();

  constructor(parts: PastParts) {
    this.#parts = parts;
    for (const place of [parts.list, parts.beside]) {
      place?.addEventListener("click", (event) => {
        const button = (event.target as Element).closest<HTMLElement>("[data-restore]");
        if (button) void this.#restoreFrom(button);
      });
    }
    parts.list.addEventListener("htmx:beforeSwap", (event) => {
      if (event.target === parts.list) this.#compared = comparisons(parts.list);
    });
    parts.list.addEventListener("htmx:afterSettle", (event) => {
      if (event.target === parts.list) compareAgain(parts.list, this.#compared);
    });
  }

  /** Loads the list where it has not been loaded yet. */
  open(): void {
    if (!this.#loaded) this.refresh();
  }

  refresh(): void {
    this.#loaded = true;
    // htmx, which every page has, listens for it: see hx-trigger in templates/attempts/work.html.
    this.#parts.list.dispatchEvent(new Event("refresh"));
    void this.showKept();
  }

  refreshIfOpen(): void {
    if (this.#loaded) this.refresh();
  }

  async showKept(): Promise<void> {
    const texts = await this.#parts.keeping.keptTexts();
    this.#parts.kept.hidden = texts.length === 0;
    const rows = texts.map((text) => this.#keptRow(text));
    this.#parts.kept.querySelector("ul")?.replaceChildren(...rows);
    showLocalTimes(this.#parts.kept);
  }

  #keptRow(text: KeptText): HTMLLIElement {
    const when = make("time", { datetime: new Date(text.keptAt).toISOString(), "data-local": true });
    const restore = (): void => this.#parts.restore(text, "a text kept in this browser");
    const drop = (): void => void this.#parts.keeping.dropText(text.key).then(() => this.showKept());
    const { reader } = this.#parts;
    const what = `${reader.label(text.language)}, ${extent(reader.parts(text))}`;
    return make(
      "li",
      {},
      make("span", {}, `${text.why} · ${what} · `, when),
      make(
        "button",
        { type: "button", class: "button small", click: restore },
        this.#parts.restoreWords ?? "Restore into editor",
      ),
      make("button", { type: "button", class: "button small quiet-button", click: drop }, "Discard"),
    );
  }

  async #restoreFrom(button: HTMLElement): Promise<void> {
    const { restore: url = "", language = "", number = "", from = `attempt ${number}` } = button.dataset;
    try {
      const response = await fetch(url, { headers: { Accept: "text/plain" } });
      if (!response.ok) throw new Error(String(response.status));
      this.#parts.restore({ code: await response.text(), language }, from);
    } catch {
      this.#parts.failed(`The text of ${from} could not be loaded. Try again in a moment.`);
    }
  }
}

function choices(list: HTMLElement): HTMLSelectElement[] {
  return [...list.querySelectorAll<HTMLSelectElement>("select[hx-get]")];
}

function comparisons(list: HTMLElement): Map<string, string> {
  const open = choices(list).filter((choice) => choice.value !== "");
  return new Map(open.map((choice) => [choice.getAttribute("hx-get") ?? "", choice.value]));
}

/** A list that was loaded anew, because an attempt has come or has its result, shows what was compared before. */
function compareAgain(list: HTMLElement, compared: ReadonlyMap<string, string>): void {
  for (const choice of choices(list)) {
    const other = compared.get(choice.getAttribute("hx-get") ?? "");
    if (other === undefined) continue;
    choice.value = other;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
