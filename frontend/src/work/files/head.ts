/** What stands over the editor: the open file, and what can be done with it. */
import { byId } from "../../shared/dom";
import { sizeOf, sizeText, type Content } from "./answer";
import { downloadOne } from "./download";

export interface HeadEvents {
  readonly renamed: (name: string) => void;
  readonly removed: (name: string) => void;
}

export class FileHead {
  #open: string | null = null;
  #content: Content | undefined;

  constructor(events: HeadEvents) {
    const with_ = (id: string, act: (name: string) => void): void =>
      byId(id).addEventListener("click", () => this.#open !== null && act(this.#open));
    with_("file-rename", events.renamed);
    with_("file-remove", events.removed);
    with_("file-download", (name) => this.#content && downloadOne(name, this.#content));
  }

  /** Shows a file; `stays` says that the problem needs it under this name. Where none is open, it says what to do. */
  draw(name: string | null, content: Content | undefined, stays: boolean, isLocked: boolean): void {
    this.#open = name;
    this.#content = content;
    const isText = typeof content === "string";
    byId("file-open").textContent = name ?? "No file yet";
    byId("file-stays").hidden = !stays;
    for (const id of ["file-rename", "file-remove"]) byId(id).hidden = name === null || stays || isLocked;
    byId("editor").hidden = !isText;
    byId("file-unread").hidden = isText;
    byId("file-download").hidden = content === undefined;
    byId("file-size").textContent =
      content === undefined
        ? "Make a file, or upload one."
        : `${sizeText(sizeOf(content))}. It is no text, so it cannot be edited here; upload it again to replace it.`;
  }
}
