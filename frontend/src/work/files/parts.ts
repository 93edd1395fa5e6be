/** An answer of several files as people read it. Pure. */
import type { Part } from "../texts";
import { readFiles, sizeOf, sizeText } from "./answer";

/** Returns each file under its name, `usual` being that of a text which is no answer of several files. */
export function partsOf(text: string, usual: string): Part[] {
  return [...readFiles(text, usual)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, content]) => ({
      name,
      text: typeof content === "string" ? content : `(${sizeText(sizeOf(content))}, not a text)`,
    }));
}
