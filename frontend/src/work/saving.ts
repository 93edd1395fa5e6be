/**
 * How a draft comes to be saved: a pure state machine. It sees no clock, no network and no page; saver.ts drives it.
 *
 * Two promises are kept here. "Saved" is only ever said of the very text on the page, once the server has
 * acknowledged it. And no request goes out while another is under way: a save that got no answer is repeated
 * unchanged, under the same id, until it has one, so that the server never takes our own write for another tab's.
 */
import { sameText, type ServerDraft, type Text } from "./texts";

/** A save that is under way or is to be repeated. */
export interface Flight {
  readonly saveId: string;
  readonly base: number;
  readonly text: Text;
  /** Seconds of work that ride along. */
  readonly seconds: number;
  readonly tries: number;
}

/** What keeps the text from being saved. */
export type Hold =
  | { readonly kind: "none" }
  | { readonly kind: "offline"; readonly retryAt: number; readonly server: boolean }
  | { readonly kind: "ended"; readonly message: string }
  | { readonly kind: "closed"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "conflict"; readonly theirs: ServerDraft };

export interface Saving {
  readonly current: Text;
  /** What the server was last known to hold; null before the first save. */
  readonly acked: Text | null;
  readonly revision: number;
  readonly savedAt: string | null;
  /** Texts of languages that were left before they were saved, oldest first. */
  readonly waiting: readonly Text[];
  readonly flight: Flight | null;
  readonly hold: Hold;
  /** Seconds of work not yet in a request that was acknowledged. */
  readonly seconds: number;
  readonly firstEditAt: number | null;
  readonly lastEditAt: number | null;
  /** Send at once, without waiting for a pause in the typing. */
  readonly hurry: boolean;
}

export type Happening =
  | { readonly type: "edited"; readonly text: Text; readonly now: number }
  | { readonly type: "language_changed"; readonly text: Text; readonly now: number }
  | { readonly type: "worked"; readonly seconds: number }
  | { readonly type: "hurried" }
  | { readonly type: "sending"; readonly saveId: string }
  | {
      readonly type: "acknowledged";
      readonly saveId: string;
      readonly revision: number;
      readonly savedAt: string;
      readonly now: number;
    }
  | {
      readonly type: "unanswered";
      readonly saveId: string;
      readonly now: number;
      readonly server: boolean;
      readonly after?: number;
    }
  | { readonly type: "stale"; readonly saveId: string; readonly theirs: ServerDraft }
  | { readonly type: "refused"; readonly saveId: string; readonly message: string }
  | { readonly type: "stopped"; readonly reason: "ended" | "closed"; readonly message: string }
  | { readonly type: "resumed" }
  | { readonly type: "chosen"; readonly which: "mine" | "theirs" };

export interface Pace {
  /** Milliseconds without typing after which a change is sent. */
  readonly pause: number;
  /** Milliseconds after which it is sent whether or not the typing goes on. */
  readonly longest: number;
  /** Seconds of work that are worth a save of their own. */
  readonly workedSeconds: number;
}

const NONE: Hold = { kind: "none" };
const BACK_OFF = [1000, 2000, 4000, 8000, 15000, 30000];

/** The state of a page that has just opened. `acked` is what the server holds, null if it holds nothing. */
export function opened(current: Text, acked: Text | null, revision: number, savedAt: string | null): Saving {
  return {
    current,
    acked,
    revision,
    savedAt,
    waiting: [],
    flight: null,
    hold: NONE,
    seconds: 0,
    firstEditAt: null,
    lastEditAt: null,
    hurry: false,
  };
}

export function isSaved(state: Saving): boolean {
  return sameText(state.current, state.acked) && state.waiting.length === 0;
}

/** Whether something on the page would be lost if only the server's copy remained. */
export function isOwed(state: Saving): boolean {
  return !isSaved(state) && (state.acked !== null || state.firstEditAt !== null || state.waiting.length > 0);
}

/** The time (in the unit and epoch of the `now` given) at which the next save is to be sent; null for none. */
export function dueAt(state: Saving, now: number, pace: Pace): number | null {
  if (state.hold.kind === "offline") return state.hold.retryAt;
  if (state.hold.kind !== "none" || state.flight !== null) return null;
  if (state.waiting.length > 0) return now;
  if (isOwed(state)) {
    if (state.hurry || state.firstEditAt === null || state.lastEditAt === null) return now;
    return Math.min(state.lastEditAt + pace.pause, state.firstEditAt + pace.longest);
  }
  return state.revision > 0 && state.seconds >= pace.workedSeconds ? now : null;
}

/** How long to wait after the `tries`-th try without an answer, in milliseconds. */
export function backOff(tries: number): number {
  return BACK_OFF[Math.min(tries, BACK_OFF.length) - 1] ?? BACK_OFF[0]!;
}

export function next(state: Saving, happening: Happening): Saving {
  switch (happening.type) {
    case "edited":
      return edited(state, happening.text, happening.now);
    case "language_changed":
      return edited(leaveLanguage(state), happening.text, happening.now, true);
    case "worked":
      return { ...state, seconds: state.seconds + happening.seconds };
    case "hurried":
      return { ...state, hurry: true };
    case "sending":
      return sending(state, happening.saveId);
    case "acknowledged":
      return state.flight?.saveId === happening.saveId
        ? acknowledged(state, state.flight, happening.revision, happening.savedAt, happening.now)
        : state;
    case "unanswered":
      return unanswered(state, happening);
    case "stale":
      return state.flight?.saveId === happening.saveId ? stale(state, state.flight, happening.theirs) : state;
    case "refused":
      return state.flight?.saveId === happening.saveId ? refused(state, happening.message) : state;
    case "stopped":
      return stopped(state, happening.reason, happening.message);
    case "resumed":
      return resumed(state);
    case "chosen":
      return chosen(state, happening.which);
  }
}

function stopped(state: Saving, reason: "ended" | "closed", message: string): Saving {
  // An ended session comes back, and an earlier try of the same save may have arrived: it is repeated as it was.
  return { ...state, flight: reason === "ended" ? state.flight : null, hold: { kind: reason, message } };
}

function resumed(state: Saving): Saving {
  if (state.hold.kind !== "ended" && state.hold.kind !== "offline") return state;
  return { ...state, hold: state.flight ? { kind: "offline", retryAt: 0, server: true } : NONE, hurry: true };
}

function edited(state: Saving, text: Text, now: number, hurry = false): Saving {
  // A refusal was about the text as it was.
  const hold = state.hold.kind === "refused" ? NONE : state.hold;
  return { ...state, current: text, hold, hurry, firstEditAt: state.firstEditAt ?? now, lastEditAt: now };
}

function leaveLanguage(state: Saving): Saving {
  if (sameText(state.current, state.acked) || !isOwed(state)) return state;
  const others = state.waiting.filter((text) => text.language !== state.current.language);
  return { ...state, waiting: [...others, state.current] };
}

function sending(state: Saving, saveId: string): Saving {
  const flight = state.flight
    ? { ...state.flight, tries: state.flight.tries + 1 }
    : {
        saveId,
        base: state.revision,
        text: state.waiting[0] ?? state.current,
        seconds: state.seconds,
        tries: 1,
      };
  return { ...state, flight, hold: NONE, hurry: false };
}

function acknowledged(state: Saving, flight: Flight, revision: number, savedAt: string, now: number): Saving {
  const after: Saving = {
    ...state,
    acked: flight.text,
    revision,
    savedAt,
    waiting: state.waiting.filter((text) => !sameText(text, flight.text)),
    flight: null,
    hold: NONE,
    seconds: Math.max(0, state.seconds - flight.seconds),
  };
  return isSaved(after) ? { ...after, firstEditAt: null, lastEditAt: null } : { ...after, firstEditAt: now };
}

function unanswered(state: Saving, happening: Happening & { type: "unanswered" }): Saving {
  if (state.flight?.saveId !== happening.saveId) return state;
  const wait = Math.max(happening.after ?? 0, backOff(state.flight.tries));
  return { ...state, hold: { kind: "offline", retryAt: happening.now + wait, server: happening.server } };
}

function stale(state: Saving, flight: Flight, theirs: ServerDraft): Saving {
  if (sameText(theirs, flight.text)) {
    // What the server has is what we wanted it to have.
    const now = state.lastEditAt ?? 0;
    return { ...acknowledged(state, flight, theirs.revision, theirs.saved_at, now), hurry: true };
  }
  if (sameText(theirs, state.acked)) {
    // Only the number has risen (another tab counted its time): our text still builds on theirs.
    return {
      ...state,
      flight: null,
      revision: theirs.revision,
      savedAt: theirs.saved_at,
      hold: NONE,
      hurry: true,
    };
  }
  return { ...state, flight: null, hold: { kind: "conflict", theirs } };
}

function refused(state: Saving, message: string): Saving {
  const left = state.flight
    ? state.waiting.filter((text) => !sameText(text, state.flight!.text))
    : state.waiting;
  const mine = sameText(state.flight?.text ?? null, state.current);
  return { ...state, flight: null, waiting: left, hold: mine ? { kind: "refused", message } : NONE };
}

function chosen(state: Saving, which: "mine" | "theirs"): Saving {
  if (state.hold.kind !== "conflict") return state;
  const { code, language, revision, saved_at } = state.hold.theirs;
  const theirs = { code, language };
  const after: Saving = { ...state, acked: theirs, revision, savedAt: saved_at, hold: NONE, hurry: true };
  if (which === "mine") return after;
  return { ...after, current: theirs, waiting: [], firstEditAt: null, lastEditAt: null, hurry: false };
}
