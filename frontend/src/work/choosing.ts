/** The choice between two texts of a problem. */
import { difference, type Stretch } from "../shared/difference";
import { make } from "../shared/dom";
import { outputBlock } from "./results";
import { extent, type Part, type Reader, type Text } from "./texts";

export interface Choice {
  readonly title: string;
  readonly explanation: string;
  readonly mine: Text;
  readonly mineLabel: string;
  readonly theirs: Text;
  readonly theirsLabel: string;
  readonly reader: Reader;
}

/** A part of one text, beside that of the other. */
interface Compared {
  readonly name: string | null;
  /** Null where this text has no such part. */
  readonly stretches: readonly Stretch[] | null;
  readonly isSame: boolean;
}

/** Has a person choose between two texts. There is no way out of it without one: both are kept whichever it is. */
export function chooseText(choice: Choice): Promise<"mine" | "theirs"> {
  return new Promise((resolve) => {
    const { mine, theirs, reader } = choice;
    const compared = compare(reader.parts(mine), reader.parts(theirs));
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
        make("p", { class: "quiet" }, `${reader.label(text.language)} · ${extent(reader.parts(text))}`),
        ...compared[which].flatMap((part) => drawn(label, part)),
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
        side(choice.mineLabel, mine, "mine"),
        side(choice.theirsLabel, theirs, "theirs"),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Sets the parts of two texts beside each other, by their names. */
function compare(mine: readonly Part[], theirs: readonly Part[]): Record<"mine" | "theirs", Compared[]> {
  const names = [...new Set([...mine, ...theirs].map((part) => part.name))].sort();
  const found: Record<"mine" | "theirs", Compared[]> = { mine: [], theirs: [] };
  for (const name of names) {
    const one = mine.find((part) => part.name === name)?.text;
    const other = theirs.find((part) => part.name === name)?.text;
    const marked = difference(other ?? "", one ?? "");
    const isSame = one === other;
    found.mine.push({ name, stretches: one === undefined ? null : marked.output, isSame });
    found.theirs.push({ name, stretches: other === undefined ? null : marked.expected, isSame });
  }
  return found;
}

function drawn(label: string, part: Compared): HTMLElement[] {
  if (part.name === null) return [outputBlock(label, part.stretches ?? [])];
  const said = part.isSame ? "the same in both" : part.stretches === null ? "not in this one" : "";
  const heading = make("h4", {}, part.name, said && make("span", { class: "quiet" }, ` · ${said}`));
  return said === "" ? [heading, outputBlock(`${label}, ${part.name}`, part.stretches ?? [])] : [heading];
}
