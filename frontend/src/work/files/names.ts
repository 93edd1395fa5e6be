/** What a file of an answer may be called. Pure. */
import type { AnswerFiles } from "../config";

const PART = /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}_ .+-]*$/u;
const LONGEST_PART = 100;
const LONGEST = 200;
const DEEPEST = 8;

/** Returns the names of the files without which nothing can be handed in. */
export function needed(rules: AnswerFiles): string[] {
  const { required, main } = rules;
  return main === null || required.includes(main) ? [...required] : [...required, main];
}

/** Returns what is wrong with a file's name and what to do, or null where it may be used beside the files `present`. */
export function objection(name: string, present: readonly string[], rules: AnswerFiles): string | null {
  return malformed(name) ?? notTaken(name, rules) ?? inTheWay(name, present, rules);
}

function malformed(name: string): string | null {
  if (name === "") return "Give the file a name.";
  if (name.includes("\\")) return "Put / between folders, as in src/Stack.java.";
  const parts = name.split("/");
  if (parts.includes(""))
    return "Leave out the / at the beginning, at the end, or where there are two in a row.";
  if (parts.length > DEEPEST) return `Put it into fewer folders: a name has at most ${DEEPEST} parts.`;
  if (name.length > LONGEST || parts.some((part) => part.length > LONGEST_PART))
    return `Choose a shorter name: at most ${LONGEST_PART} characters in each part, and ${LONGEST} in all.`;
  const bad = parts.find((part) => !PART.test(part));
  if (bad === undefined) return null;
  return `“${bad}” cannot be used. Begin with a letter, a digit or _, and go on with letters, digits, spaces or the signs . + - _`;
}

function notTaken(name: string, rules: AnswerFiles): string | null {
  const { endings } = rules;
  if (endings.length === 0) return null;
  if (endings.some((ending) => name.endsWith(ending))) return null;
  return `This problem takes only files whose names end in ${listed(endings, "or")}.`;
}

function inTheWay(name: string, present: readonly string[], rules: AnswerFiles): string | null {
  const low = name.toLowerCase();
  if (rules.given.some((given) => given.toLowerCase() === low))
    return `A file of this name is given with the problem and lies beside yours. Choose another name.`;
  const same = present.find((other) => other.toLowerCase() === low);
  if (same === name) return "A file of this name is there already. Choose another name.";
  if (same !== undefined)
    return `${same} is there already, and differs in capital letters only. Choose another name.`;
  const all = [...present, ...rules.given].map((other) => other.toLowerCase());
  if (all.some((other) => other.startsWith(`${low}/`)))
    return "A folder of this name is there already. Choose another name.";
  const file = all.find((other) => low.startsWith(`${other}/`));
  return file === undefined
    ? null
    : `${file} is a file, so nothing can be put into it. Choose another folder.`;
}

/** Returns words as a list in a sentence. */
export function listed(words: readonly string[], last: "and" | "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
