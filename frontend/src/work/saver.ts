/** Drives the saving of the draft: timers, requests, the copy in this browser, and the page's last moments. */
import { send, type Answer, type Refusal } from "../shared/api";
import type { Config } from "./config";
import type { Keeping } from "./keeping";
import { dueAt, isOwed, isSaved, next, type Flight, type Happening, type Pace, type Saving } from "./saving";
import type { ServerDraft, Text } from "./texts";
import { TimeSpent } from "./time_spent";

const PAUSE = 2000;
const COPY_AFTER = 250;
const COUNT_EVERY = 5000;
const WORKED_SECONDS = 60;

interface SavedAnswer {
  readonly revision: number;
  readonly saved_at: string;
}

export class Saver {
  readonly #config: Config;
  readonly #keeping: Keeping;
  readonly #pace: Pace;
  readonly #changed: (state: Saving, before: Saving) => void;
  readonly #time = new TimeSpent(Date.now(), document.visibilityState === "visible");
  #state: Saving;
  #timer = 0;
  #copyTimer = 0;
  #focusedSeconds = 0;

  /** `changed` is called after each step of the machine. */
  constructor(
    config: Config,
    keeping: Keeping,
    state: Saving,
    changed: (state: Saving, before: Saving) => void,
  ) {
    this.#config = config;
    this.#keeping = keeping;
    this.#pace = { pause: PAUSE, longest: config.autosave_seconds * 1000, workedSeconds: WORKED_SECONDS };
    this.#state = state;
    this.#changed = changed;
    if (!config.read_only) this.#listen();
  }

  get state(): Saving {
    return this.#state;
  }

  edited(text: Text): void {
    this.#step({ type: "edited", text, now: Date.now() });
  }

  languageChanged(text: Text): void {
    this.#step({ type: "language_changed", text, now: Date.now() });
  }

  /** Saves now, whatever pause there would otherwise be. */
  hurry(): void {
    this.#step({ type: "hurried" });
  }

  choose(which: "mine" | "theirs"): void {
    this.#step({ type: "chosen", which });
  }

  /** The session ended, as another part of the page was told. */
  stop(message: string): void {
    if (this.#state.hold.kind !== "ended") this.#step({ type: "stopped", reason: "ended", message });
  }

  resume(): void {
    this.#step({ type: "resumed" });
  }

  /** Returns the seconds of work since the last attempt. */
  takeFocusedSeconds(): number {
    this.#count();
    const seconds = this.#focusedSeconds;
    this.#focusedSeconds = 0;
    return seconds;
  }

  #step(happening: Happening): void {
    const before = this.#state;
    this.#state = next(before, happening);
    this.#keepCopy();
    this.#changed(this.#state, before);
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#config.read_only) return;
    const due = dueAt(this.#state, Date.now(), this.#pace);
    if (due === null) return;
    this.#timer = window.setTimeout(() => void this.#send(), Math.max(0, due - Date.now()));
  }

  async #send(): Promise<void> {
    this.#step({ type: "sending", saveId: crypto.randomUUID() });
    const flight = this.#state.flight;
    if (flight === null) return;
    const answer = await send<SavedAnswer>("PUT", this.#config.urls.draft, {
      code: flight.text.code,
      language: flight.text.language,
      base_revision: flight.base,
      save_id: flight.saveId,
      time_spent_seconds: flight.seconds,
    });
    this.#step(understood(flight, answer));
  }

  #keepCopy(): void {
    clearTimeout(this.#copyTimer);
    if (this.#config.read_only) return;
    if (isSaved(this.#state)) {
      void this.#keeping.dropCopy();
    } else if (isOwed(this.#state) && !this.#keeping.holds(this.#state.current)) {
      this.#copyTimer = window.setTimeout(() => void this.#copyNow(), COPY_AFTER);
    }
  }

  async #copyNow(): Promise<void> {
    clearTimeout(this.#copyTimer);
    const { current, revision, flight, waiting, lastEditAt } = this.#state;
    const underWay = flight?.text ?? null;
    const { code, language } = current;
    const editedAt = lastEditAt ?? Date.now();
    await this.#keeping.putCopy({ code, language, base: revision, underWay, waiting, editedAt });
    // Acknowledged while the copy was being written: nothing is owed any more.
    if (isSaved(this.#state)) await this.#keeping.dropCopy();
    this.#changed(this.#state, this.#state);
  }

  #count(): void {
    const seconds = this.#time.take(Date.now());
    if (seconds === 0) return;
    this.#focusedSeconds += seconds;
    this.#state = next(this.#state, { type: "worked", seconds });
    this.#schedule();
  }

  #listen(): void {
    for (const name of ["keydown", "pointerdown", "wheel", "focusin"]) {
      document.addEventListener(name, () => this.#time.used(Date.now()), { passive: true, capture: true });
    }
    window.setInterval(() => this.#count(), COUNT_EVERY);
    document.addEventListener("visibilitychange", () => {
      this.#time.visibilityChanged(Date.now(), document.visibilityState === "visible");
      if (document.visibilityState === "hidden") this.#leave();
    });
    window.addEventListener("pagehide", () => this.#leave());
    window.addEventListener("online", () => {
      if (this.#state.hold.kind === "offline") this.resume();
    });
    window.addEventListener("beforeunload", (event) => {
      if (isOwed(this.#state) && !this.#keeping.holds(this.#state.current)) event.preventDefault();
    });
  }

  /** The page may never be seen again: what is owed goes out now, and the copy is written. */
  #leave(): void {
    this.#count();
    if (!isOwed(this.#state)) return;
    void this.#copyNow();
    const { flight, hold } = this.#state;
    if ((flight === null && hold.kind === "none") || hold.kind === "offline") void this.#send();
  }
}

function understood(flight: Flight, answer: Answer<SavedAnswer>): Happening {
  const { saveId } = flight;
  const now = Date.now();
  if (answer.kind === "unanswered") return { type: "unanswered", saveId, now, server: navigator.onLine };
  if (answer.kind === "refused") return refusalMeans(saveId, answer.refusal, now);
  return {
    type: "acknowledged",
    saveId,
    revision: answer.body.revision,
    savedAt: answer.body.saved_at,
    now,
  };
}

function refusalMeans(saveId: string, refusal: Refusal, now: number): Happening {
  const draft = (refusal.body as { draft?: ServerDraft | null }).draft;
  if (refusal.code === "stale_revision" && draft) return { type: "stale", saveId, theirs: draft };
  if (refusal.status === 401) return { type: "stopped", reason: "ended", message: refusal.message };
  if (refusal.code.startsWith("assignment_")) {
    return { type: "stopped", reason: "closed", message: refusal.message };
  }
  if (refusal.retryable || refusal.status >= 500 || refusal.status === 429) {
    return { type: "unanswered", saveId, now, server: true, after: refusal.after };
  }
  return { type: "refused", saveId, message: refusal.message };
}
