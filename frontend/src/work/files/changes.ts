/** What a person does to the set of files: makes, renames, removes and brings in. */
import { announce } from "../../shared/announce";
import type { AnswerFiles } from "../config";
import type { Action } from "../notices";
import type { Answer } from "./answer";
import { sortIncoming, takeIn } from "./intake";
import { needed, objection } from "./names";
import { askName, askReplace } from "./questions";
import { readAll } from "./reading";
import { broughtIn } from "./words";

export interface ChangesParts {
  readonly rules: AnswerFiles;
  /** The most bytes that all files may take up. */
  readonly mostBytes: number;
  readonly unpackUrl: string;
  /** A name for a file such as they have here. */
  readonly example: () => string;
  readonly answer: () => Answer;
  /** A file is there, or another one in its place. */
  readonly added: (names: readonly string[]) => void;
  /** A file has another name; it goes on with its undo history. */
  readonly renamed: (from: string, to: string) => void;
  /** A file is gone; the function that is returned brings it back as it was. */
  readonly removed: (name: string) => () => void;
  /** Files are about to be replaced by others. */
  readonly replacing: (why: string) => void;
  readonly tell: (title: string, message: string, actions?: readonly Action[]) => void;
}

export class FileChanges {
  readonly #parts: ChangesParts;

  constructor(parts: ChangesParts) {
    this.#parts = parts;
  }

  async make(): Promise<void> {
    const { rules, answer, tell, example, added } = this.#parts;
    if (answer().names.length >= rules.most) {
      tell("No more files.", `There can be ${rules.most}. Remove one that is not needed first.`);
      return;
    }
    const hint = `For example ${example()}, or with a folder, parts/${example()}.`;
    const check = (name: string): string | null => objection(name, answer().names, rules);
    const name = await askName({ title: "New file", name: "", hint, yes: "Make it", objection: check });
    if (name === null) return;
    answer().put(name, "");
    added([name]);
    announce(`${name} is made and open.`);
  }

  async rename(from: string): Promise<void> {
    const { rules, answer, renamed } = this.#parts;
    if (needed(rules).includes(from)) return;
    const hint = "A / puts it into a folder.";
    const check = (name: string): string | null => {
      const others = answer().names.filter((other) => other !== from);
      return objection(name, others, rules);
    };
    const name = await askName({
      title: `Rename ${from}`,
      name: from,
      hint,
      yes: "Rename it",
      objection: check,
    });
    const content = answer().get(from);
    if (name === null || name === from || content === undefined) return;
    answer().remove(from);
    answer().put(name, content);
    renamed(from, name);
    announce(`It is called ${name} now.`);
  }

  remove(name: string): void {
    const { rules, answer, removed, tell } = this.#parts;
    const content = answer().get(name);
    if (content === undefined || needed(rules).includes(name)) return;
    const back = removed(name);
    const undo = (): void => {
      const wrong = objection(name, answer().names, rules);
      if (wrong === null) back();
      else tell(`${name} cannot be put back.`, wrong);
    };
    tell(`${name} is removed.`, "", [{ label: "Put it back", run: undo }]);
  }

  async bringIn(chosen: readonly File[]): Promise<void> {
    const { rules, answer, mostBytes, unpackUrl, added, replacing, tell } = this.#parts;
    const { files, leftOut } = await readAll(chosen, unpackUrl, mostBytes);
    const sorted = sortIncoming(files, answer(), rules);
    const clashes = [...sorted.clashing.keys()];
    const said = clashes.length === 0 ? "keep" : await askReplace(clashes, sorted.fresh.size > 0);
    if (said === "replace") replacing("Before files were brought in");
    const wanted = [...(said === "replace" ? sorted.clashing : []), ...(said === null ? [] : sorted.fresh)];
    const { taken, leftOut: noRoom } = takeIn(new Map(wanted), answer(), rules, mostBytes);
    if (taken.length > 0) added(taken);
    const all = [...leftOut, ...sorted.leftOut, ...noRoom];
    if (said === null && all.length === 0) return;
    const told = broughtIn(taken, sorted.same, all);
    tell(told.title, told.message);
  }
}
