/** Programs compared with each other, all with all: what is shared by two of them and stands in no given file. */
import {
  File,
  type Fragment,
  FingerprintIndex,
  type FileEntry,
  type Pair,
  Region,
  TokenizedFile,
} from "@dodona/dolos-core";
import { tokensOf } from "./tokens";

/** So many tokens in a row make a fingerprint, and of so many in a row one is kept. */
const LENGTH = 23;
const WINDOW = 17;

export interface Program {
  readonly id: string;
  readonly text: string;
  /** Whose it is: a person's own programs are not compared with each other. */
  readonly person: string;
  /** Whether it is of this assignment. Of two at least one is. */
  readonly own: boolean;
}

export interface Request {
  readonly highlight: string;
  readonly programs: readonly Program[];
  /** Texts whose passages do not count. */
  readonly given: readonly string[];
  /** Pairs below this share of common passages are left out. */
  readonly least: number;
  /** The most pairs that are told of; those that are most alike. */
  readonly most: number;
}

/** From and to a line of the one, from and to a line of the other; the first line is 1. */
export type Passage = readonly [number, number, number, number];

export interface Found {
  readonly left: string;
  readonly right: string;
  /** The share of both that they have in common, 0 to 1; then that of each. */
  readonly score: number;
  readonly left_share: number;
  readonly right_share: number;
  /** The longest passage that they have in common, in fingerprints. */
  readonly longest: number;
  readonly passages: readonly Passage[];
}

export interface Answer {
  /** Of each program how much of it counts, in fingerprints, and how alike the one is that is most like it. */
  readonly programs: readonly { readonly id: string; readonly size: number; readonly highest: number }[];
  readonly pairs: readonly Found[];
  /** How many pairs are at least so much alike. */
  readonly count: number;
}

function tokenized(text: string, name: string, highlight: string): TokenizedFile {
  const { names, places } = tokensOf(text, highlight);
  return new TokenizedFile(new File(name, text), names, places);
}

/** Compares programs, and returns the pairs that are most alike. */
export function compare(request: Request): Answer {
  const index = new FingerprintIndex(LENGTH, WINDOW);
  const files = request.programs.map((one) => tokenized(one.text, one.id, request.highlight));
  index.addFiles(files);
  // After the others: what is added later would not know that a passage is to be left out.
  for (const text of request.given) index.addIgnoredFile(tokenized(text, "given", request.highlight));
  const entries = index.entries();
  const sizes = entries.map(sizeOf);
  const highest = new Float64Array(entries.length);
  const found: Likeness[] = [];
  for (const one of likenesses(entries, sizes, request.programs)) {
    highest[one.left] = Math.max(highest[one.left] ?? 0, one.score);
    highest[one.right] = Math.max(highest[one.right] ?? 0, one.score);
    if (one.score >= request.least) found.push(one);
  }
  found.sort((a, b) => b.score - a.score || a.left - b.left || a.right - b.right);
  return {
    programs: request.programs.map(({ id }, place) => ({
      id,
      size: sizes[place] ?? 0,
      highest: highest[place] ?? 0,
    })),
    pairs: found.slice(0, request.most).map((one) => told(one, index, files)),
    count: found.length,
  };
}

/** Returns how many fingerprints of a program count: those that stand in no given text. */
function sizeOf(entry: FileEntry): number {
  let count = entry.kgrams.length;
  for (const one of entry.ignored) count -= one.occurrencesOf(entry.file).length;
  return count;
}

interface Likeness {
  /** The places of the two programs in the request. */
  readonly left: number;
  readonly right: number;
  readonly score: number;
  readonly leftShare: number;
  readonly rightShare: number;
}

/**
 * Yields each pair that may be told of with the shares that the two have in common.
 *
 * The library's own figure takes one side's given passages for both, and looks for the longest passage of every pair.
 */
function* likenesses(
  entries: readonly FileEntry[],
  sizes: readonly number[],
  programs: readonly Program[],
): Generator<Likeness> {
  const places = new Map(entries.map((entry, place) => [entry.file.id, place]));
  const mine = new Float64Array(entries.length);
  const theirs = new Float64Array(entries.length);
  for (const [left, entry] of entries.entries()) {
    mine.fill(0);
    theirs.fill(0);
    for (const shared of entry.shared) {
      const times = shared.occurrencesOf(entry.file).length;
      for (const file of shared.files()) {
        const right = places.get(file.id) ?? 0;
        if (right <= left) continue;
        mine[right] = (mine[right] ?? 0) + times;
        theirs[right] = (theirs[right] ?? 0) + shared.occurrencesOf(file).length;
      }
    }
    for (let right = left + 1; right < entries.length; right += 1) {
      const [one, other] = [programs[left], programs[right]];
      if (!mine[right] || one?.person === other?.person || !(one?.own || other?.own)) continue;
      const [ours, others] = [mine[right] ?? 0, theirs[right] ?? 0];
      const [leftSize, rightSize] = [sizes[left] ?? 0, sizes[right] ?? 0];
      yield {
        left,
        right,
        score: share(ours + others, leftSize + rightSize),
        leftShare: share(ours, leftSize),
        rightShare: share(others, rightSize),
      };
    }
  }
}

function told(one: Likeness, index: FingerprintIndex, files: readonly TokenizedFile[]): Found {
  const [left, right] = [files[one.left], files[one.right]];
  if (!left || !right) throw new Error("a pair of programs that were not sent");
  const pair = index.getPair(left, right);
  return {
    left: left.path,
    right: right.path,
    score: one.score,
    left_share: one.leftShare,
    right_share: one.rightShare,
    longest: pair.longest,
    passages: passagesOf(pair),
  };
}

function passagesOf(pair: Pair): Passage[] {
  // Each repetition in the one is paired with each in the other: of texts that do little but repeat themselves that is
  // too much, and says nothing. Their passage is from where they begin to be alike to where they end.
  const all = passages(
    pair.leftCovered * pair.rightCovered > MOST_PAIRED && repeats(pair) ? [] : pair.buildFragments(),
  );
  if (all.length) return all;
  const [one, other] = [pair.leftEntry, pair.rightEntry].map((entry) => extent(entry, pair));
  return one && other ? [[...one, ...other]] : [];
}

const MOST_PAIRED = 200_000;

function repeats(pair: Pair): boolean {
  let paired = 0;
  for (const one of pair.leftEntry.shared) {
    if (!pair.rightEntry.shared.has(one)) continue;
    paired += one.occurrencesOf(pair.leftFile).length * one.occurrencesOf(pair.rightFile).length;
  }
  return paired > MOST_PAIRED;
}

/** Returns the first and the last line of what a program has in common with the other. */
function extent(entry: FileEntry, pair: Pair): [number, number] | undefined {
  let found: [number, number] | undefined;
  for (const shared of entry.shared) {
    if (!shared.includesFile(pair.leftFile) || !shared.includesFile(pair.rightFile)) continue;
    for (const { side } of shared.occurrencesOf(entry.file)) {
      const [first, last] = lines(side.location);
      found = found ? [Math.min(found[0], first), Math.max(found[1], last)] : [first, last];
    }
  }
  return found;
}

const share = (covered: number, total: number): number => (total ? covered / total : 0);

/** Returns passages by lines, the longest where several lie over each other, in the order of the one program. */
export function passages(fragments: readonly Fragment[]): Passage[] {
  const kept: Passage[] = [];
  for (const one of [...fragments].sort((a, b) => b.pairs.length - a.pairs.length)) {
    const passage: Passage = [...lines(one.leftSelection), ...lines(one.rightSelection)];
    if (!kept.some((other) => crosses(passage, other, 0) || crosses(passage, other, 2))) kept.push(passage);
  }
  return kept.sort((a, b) => a[0] - b[0]);
}

const lines = (region: Region): [number, number] => [
  region.startRow + 1,
  Math.max(region.endRow, region.startRow) + 1,
];

const crosses = (one: Passage, other: Passage, side: 0 | 2): boolean =>
  one[side] <= other[side === 0 ? 1 : 3] && other[side] <= one[side === 0 ? 1 : 3];
