/** Counts the time in which somebody works at the page: it is visible, and was used within the last two minutes. Pure. */
const IDLE_AFTER = 120_000;

export class TimeSpent {
  #usedAt: number | null = null;
  #countedTo: number;
  #visible: boolean;
  #rest = 0;

  constructor(now: number, visible: boolean) {
    this.#countedTo = now;
    this.#visible = visible;
  }

  /** Somebody typed, clicked or scrolled. */
  used(now: number): void {
    this.#count(now);
    this.#usedAt = now;
  }

  visibilityChanged(now: number, visible: boolean): void {
    this.#count(now);
    this.#visible = visible;
  }

  /** Returns the whole seconds since the last call; the rest is carried on. */
  take(now: number): number {
    this.#count(now);
    const seconds = Math.floor(this.#rest / 1000);
    this.#rest -= seconds * 1000;
    return seconds;
  }

  #count(now: number): void {
    if (this.#visible && this.#usedAt !== null) {
      const until = Math.min(now, this.#usedAt + IDLE_AFTER);
      this.#rest += Math.max(0, until - Math.max(this.#countedTo, this.#usedAt));
    }
    this.#countedTo = now;
  }
}
