/** Where two outputs part, compared as the graders compare: by words, whatever the space between them. Pure. */
export interface Stretch {
  readonly text: string;
  readonly differs: boolean;
}

export interface Difference {
  readonly expected: readonly Stretch[];
  readonly output: readonly Stretch[];
  /** The first line that differs, from 1; null where none does. */
  readonly line: number | null;
}

/** Returns both texts in stretches, those that differ marked. Lines are compared with lines, words with words. */
export function difference(expected: string, output: string): Difference {
  const wanted = expected.replace(/\n+$/, "").split("\n");
  const given = output.replace(/\n+$/, "").split("\n");
  const marked = { expected: [] as Stretch[], output: [] as Stretch[] };
  let line: number | null = null;
  for (let at = 0; at < Math.max(wanted.length, given.length); at += 1) {
    const [mine, theirs] = compareLines(wanted[at] ?? null, given[at] ?? null);
    if (line === null && [...mine, ...theirs].some((stretch) => stretch.differs)) line = at + 1;
    append(marked.expected, mine, at, wanted.length);
    append(marked.output, theirs, at, given.length);
  }
  return { ...marked, line };
}

function append(to: Stretch[], line: readonly Stretch[], at: number, lines: number): void {
  to.push(...line);
  if (at < lines - 1) to.push({ text: "\n", differs: false });
}

function compareLines(wanted: string | null, given: string | null): [Stretch[], Stretch[]] {
  if (wanted === null || given === null) {
    return [whole(wanted), whole(given)];
  }
  return [markWords(wanted, given), markWords(given, wanted)];
}

function whole(text: string | null): Stretch[] {
  return text === null || text.trim() === "" ? plain(text ?? "") : [{ text, differs: true }];
}

function plain(text: string): Stretch[] {
  return text === "" ? [] : [{ text, differs: false }];
}

function markWords(text: string, other: string): Stretch[] {
  const others = other.split(/\s+/).filter(Boolean);
  let at = 0;
  return text
    .split(/(\s+)/)
    .filter(Boolean)
    .map((part) => {
      if (/^\s+$/.test(part)) return { text: part, differs: false };
      at += 1;
      return { text: part, differs: others[at - 1] !== part };
    });
}
