/**
 * Waits for what of a result is not released yet. A stream of events would hold a place on the server for as long as
 * the page is open, perhaps for days; this asks now and then, and only while somebody looks.
 */
import { send } from "../shared/api";
import type { Attempt } from "./attempt";

const EVERY = 20_000;

/** Calls `released` once more may be seen than the attempt shows, and returns a function that waits no longer. */
export function awaitRelease(shown: Attempt, released: () => void): () => void {
  let stopped = false;
  let asking = false;
  const stop = (): void => {
    stopped = true;
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
  const ask = async (): Promise<void> => {
    asking = true;
    const answer = await send<Attempt>("GET", shown.url);
    asking = false;
    if (stopped) return;
    if (answer.kind === "refused" && !answer.refusal.retryable) stop();
    if (answer.kind !== "ok" || answer.body.release_note === shown.release_note) return;
    stop();
    released();
  };
  const look = (): void => {
    if (document.visibilityState === "visible" && !asking) void ask();
  };
  // Not all at the same moment: a class that handed in together would ask together.
  const timer = window.setInterval(look, EVERY * (0.8 + 0.4 * Math.random()));
  document.addEventListener("visibilitychange", look);
  return stop;
}
