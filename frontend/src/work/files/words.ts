/** What became of files that were brought in, in words. Pure. */
import type { LeftOut } from "./intake";
import { listed } from "./names";

const MOST_NAMED = 6;

/** Says which files were added or replaced, which were there already just so, and which were left out and why. */
export function broughtIn(
  taken: readonly string[],
  same: readonly string[],
  leftOut: readonly LeftOut[],
): { readonly title: string; readonly message: string } {
  const title =
    taken.length > 0
      ? `${few(taken)} ${taken.length === 1 ? "is" : "are"} here now.`
      : leftOut.length > 0
        ? "Nothing was added."
        : "Nothing to add.";
  const parts: string[] = [];
  if (same.length > 0)
    parts.push(`${few(same)} ${same.length === 1 ? "was" : "were"} here already, just so.`);
  // One reason for many is said once.
  const reasons = new Map<string, string[]>();
  for (const { name, why } of leftOut) reasons.set(why, [...(reasons.get(why) ?? []), name]);
  for (const [why, names] of reasons) parts.push(`Left out: ${few(names)}. ${sentence(why)}`);
  return { title, message: parts.join(" ") };
}

function few(names: readonly string[]): string {
  if (names.length <= MOST_NAMED) return listed(names, "and");
  return `${names.slice(0, MOST_NAMED).join(", ")} and ${names.length - MOST_NAMED} more`;
}

function sentence(words: string): string {
  const whole = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.!?_]$/.test(whole) ? whole : `${whole}.`;
}
