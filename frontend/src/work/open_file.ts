/** A program that was written elsewhere is opened in the editor. */
import { byId } from "../shared/dom";
import { installFiles } from "./dropping";
import { sizeText } from "./files/answer";
import { textOf } from "./files/reading";

export interface OpeningParts {
  /** The most bytes that a program may have. */
  readonly most: number;
  readonly opened: (code: string, name: string) => void;
  readonly refused: (message: string) => void;
}

export function installOpening(parts: OpeningParts): void {
  installFiles(byId("open-file"), "Drop a file here to open it", (files) => void open(files, parts));
}

async function open(files: readonly File[], parts: OpeningParts): Promise<void> {
  const [file] = files;
  if (file === undefined) return;
  if (files.length > 1) {
    parts.refused("This problem is answered by one file. Choose that one.");
  } else if (file.size > parts.most) {
    parts.refused(`${file.name} has ${sizeText(file.size)}; at most ${sizeText(parts.most)} are accepted.`);
  } else {
    const code = await textOf(file).catch(() => null);
    if (code === null) parts.refused(`${file.name} is no text. Choose the file with your program.`);
    else parts.opened(code, file.name);
  }
}
