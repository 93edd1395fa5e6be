/** What the page says about saving, in words. Pure. */
import { isOwed, isSaved, type Saving } from "./saving";

export type Tone = "quiet" | "busy" | "good" | "warning" | "trouble";

export interface Said {
  readonly tone: Tone;
  readonly text: string;
}

/**
 * Returns what may honestly be said of the text on the page.
 *
 * `kept` is whether this browser holds a copy of it; `clock` writes a server's time for the reader.
 */
export function savedState(state: Saving, kept: boolean, clock: (iso: string) => string): Said {
  const place = kept ? "kept in this browser" : "not saved: keep this page open";
  switch (state.hold.kind) {
    case "ended":
      return { tone: "trouble", text: `Session ended – ${place}` };
    case "closed":
      return { tone: "trouble", text: isSaved(state) ? "Closed for changes" : `Closed – ${place}` };
    case "refused":
      return { tone: "trouble", text: "Not saved" };
    case "conflict":
      return { tone: "trouble", text: "Not saved – two versions" };
    case "offline":
      if (isSaved(state)) break;
      return { tone: "warning", text: `${state.hold.server ? "Server not reached" : "Offline"} – ${place}` };
    case "none":
      break;
  }
  if (isSaved(state))
    return { tone: "good", text: state.savedAt ? `Saved ${clock(state.savedAt)}` : "Saved" };
  if (!isOwed(state)) return { tone: "quiet", text: "Nothing to save yet" };
  return state.flight ? { tone: "busy", text: "Saving…" } : { tone: "busy", text: "Unsaved changes" };
}
