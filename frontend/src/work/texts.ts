/** A program's text in one language: what is saved, run and compared. */
export interface Text {
  readonly code: string;
  readonly language: string;
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
