/** The list of files beside the editor: tabs after the ARIA pattern, of which the open one is a tab stop. */
import { icon, make } from "../../shared/dom";

export interface ListedFile {
  readonly name: string;
  /** The size of what cannot be shown; "" for a text. */
  readonly size: string;
  /** How much the compiler has to say of it. */
  readonly messages: number;
}

export interface ListEvents {
  readonly opened: (name: string) => void;
  readonly renamed: (name: string) => void;
  readonly removed: (name: string) => void;
}

export class FileList {
  readonly #place: HTMLElement;
  readonly #events: ListEvents;
  #names: readonly string[] = [];

  constructor(place: HTMLElement, events: ListEvents) {
    this.#place = place;
    this.#events = events;
    place.addEventListener("keydown", (event) => this.#key(event));
  }

  draw(files: readonly ListedFile[], open: string | null): void {
    const hadFocus = this.#place.contains(document.activeElement);
    this.#names = files.map((file) => file.name);
    this.#place.replaceChildren(...files.map((file, index) => this.#tab(file, index, file.name === open)));
    if (hadFocus) this.focus();
  }

  focus(): void {
    this.#place.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
  }

  #tab(file: ListedFile, index: number, selected: boolean): HTMLElement {
    const cut = file.name.lastIndexOf("/") + 1;
    const said = `${file.messages} ${file.messages === 1 ? "message" : "messages"} of the compiler`;
    return make(
      "button",
      {
        type: "button",
        role: "tab",
        id: `file-${index}`,
        "aria-controls": "file-panel",
        "aria-selected": String(selected),
        tabindex: selected ? 0 : -1,
        title: file.messages > 0 ? said : null,
        click: () => this.#events.opened(file.name),
      },
      make(
        "span",
        { class: "tab-name" },
        cut > 0 && make("span", { class: "tab-folder" }, file.name.slice(0, cut)),
        file.name.slice(cut),
      ),
      file.size && make("span", { class: "file-size" }, file.size),
      file.messages > 0 &&
        make("span", { class: "file-told" }, icon("alert"), make("span", { class: "visually-hidden" }, said)),
    );
  }

  #key(event: KeyboardEvent): void {
    const at = [...this.#place.children].indexOf(document.activeElement ?? this.#place);
    const name = this.#names[at];
    if (name === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.#names.length - 1;
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowRight: at + 1,
      ArrowUp: at - 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: last,
    };
    const to = steps[event.key];
    if (to !== undefined) this.#events.opened(this.#names[(to + last + 1) % (last + 1)]!);
    else if (event.key === "F2") this.#events.renamed(name);
    else if (event.key === "Delete") this.#events.removed(name);
    else return;
    event.preventDefault();
  }
}
