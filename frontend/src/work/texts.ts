/** A program's text in one language: what is saved, run and compared. */
export interface Text {
  readonly code: string;
  readonly language: string;
}

/** What a person reads of a text: one of its files, or the whole where it is one. */
export interface Part {
  readonly name: string | null;
  readonly text: string;
}

/** A draft as the server holds it. */
export interface ServerDraft extends Text {
  readonly revision: number;
  readonly saved_at: string;
  /** Language id -> the text last held in it. */
  readonly other_drafts?: Readonly<Record<string, string>>;
}

export function sameText(one: Text | null, other: Text | null): boolean {
  return one !== null && other !== null && one.code === other.code && one.language === other.language;
}

/** How a text is shown to a person: in which language, and in which parts. */
export interface Reader {
  label(language: string): string;
  parts(text: Text): Part[];
}

/** Returns how much there is to read, in words. */
export function extent(parts: readonly Part[]): string {
  const lines = parts.reduce((sum, part) => sum + part.text.split("\n").length, 0);
  const files = parts.length === 1 ? "1 file" : `${parts.length} files`;
  return `${parts.some((part) => part.name !== null) ? `${files}, ` : ""}${lines} ${lines === 1 ? "line" : "lines"}`;
}
