/** What to show when the page opens: the server's draft, or what this browser kept of an earlier page. Pure. */
import { sameText, type ServerDraft, type Text } from "./texts";

/** What a page left in this browser because the server had not acknowledged it. */
export interface LocalCopy extends Text {
  readonly key: string;
  /** The server's revision that it builds on. */
  readonly base: number;
  /** The save that had no answer yet when the copy was made. */
  readonly underWay: Text | null;
  /** Texts of other languages that were waiting to be saved. */
  readonly waiting: readonly Text[];
  /** Milliseconds since 1970, by this machine's clock. */
  readonly editedAt: number;
}

export type Opening =
  | { readonly kind: "server" }
  /** The copy goes on where the server's draft ends: it is shown, and saved as `base` + 1. */
  | { readonly kind: "restore"; readonly copy: LocalCopy }
  /** Both have changed: a person has to choose. */
  | { readonly kind: "choose"; readonly copy: LocalCopy };

export interface Reconciled {
  readonly opening: Opening;
  /** Older copies that say something else; they are kept to be looked at. */
  readonly left: readonly LocalCopy[];
}

export function reconcile(server: ServerDraft | null, copies: readonly LocalCopy[]): Reconciled {
  const telling = copies.filter((copy) => !sameText(copy, server)).sort((a, b) => b.editedAt - a.editedAt);
  const newest = telling[0];
  if (newest === undefined) return { opening: { kind: "server" }, left: [] };
  const left = telling.slice(1).filter((copy) => !sameText(copy, newest));
  const kind = buildsOn(newest, server) ? "restore" : "choose";
  return { opening: { kind, copy: newest }, left };
}

function buildsOn(copy: LocalCopy, server: ServerDraft | null): boolean {
  // A server that is behind has lost what it once acknowledged: then the copy is the best there is.
  if (server === null || server.revision <= copy.base) return true;
  return sameText(copy.underWay, server) || copy.waiting.some((text) => sameText(text, server));
}
