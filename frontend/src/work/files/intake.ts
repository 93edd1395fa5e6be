/** Files that come in at once, by upload or out of a ZIP: which can be taken, and what becomes of the rest. Pure. */
import type { AnswerFiles } from "../config";
import { Answer, sameContent, sizeText, type Content, type Files } from "./answer";
import { objection } from "./names";

export interface LeftOut {
  readonly name: string;
  readonly why: string;
}

export interface Sorted {
  readonly fresh: Files;
  /** What is there already under the same name, and says something else. */
  readonly clashing: Files;
  /** What is there already, just so. */
  readonly same: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Sorts what comes in by what is there. */
export function sortIncoming(incoming: Files, answer: Answer, rules: AnswerFiles): Sorted {
  const fresh = new Map<string, Content>();
  const clashing = new Map<string, Content>();
  const same: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const [name, content] of incoming) {
    const present = answer.get(name);
    const why = present === undefined ? objection(name, [...answer.names, ...fresh.keys()], rules) : null;
    if (why !== null) leftOut.push({ name, why });
    else if (present === undefined) fresh.set(name, content);
    else if (sameContent(present, content)) same.push(name);
    else clashing.set(name, content);
  }
  return { fresh, clashing, same, leftOut };
}

export interface Taken {
  readonly taken: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** Puts files into an answer for as long as they find room: `rules.most` of them, and `mostBytes` as its text. */
export function takeIn(files: Files, answer: Answer, rules: AnswerFiles, mostBytes: number): Taken {
  const taken: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const [name, content] of files) {
    const before = answer.get(name);
    if (before === undefined && answer.names.length >= rules.most) {
      leftOut.push({
        name,
        why: `There can be ${rules.most} files. Remove one that is not needed, and add it again.`,
      });
      continue;
    }
    answer.put(name, content);
    if (answer.bytes <= mostBytes) {
      taken.push(name);
      continue;
    }
    if (before === undefined) answer.remove(name);
    else answer.put(name, before);
    leftOut.push({
      name,
      why: `It is too large: all files together may have ${sizeText(mostBytes)}. Take out data.`,
    });
  }
  return { taken, leftOut };
}
