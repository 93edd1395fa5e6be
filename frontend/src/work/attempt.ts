/** An attempt and its result, as the server tells them. */
export type AttemptType = "test_run" | "final_submission";

export interface TestShown {
  readonly name: string;
  readonly status: string;
  readonly visibility?: string;
  readonly points?: string | null;
  readonly time_ms?: number | null;
  readonly memory_kb?: number | null;
  readonly message?: string;
  /** What is run together with the answer. */
  readonly code?: string | null;
  readonly input?: string | null;
  readonly expected?: string | null;
  readonly output?: string | null;
}

export interface Delivery {
  readonly state: string;
  readonly text: string;
  /** The score that counts, where the server tells it. */
  readonly score?: string;
  readonly maximum?: string;
}

export interface Handed {
  readonly id: string;
  readonly attempt_number: number;
  readonly type: AttemptType;
  readonly status: string;
  readonly url: string;
  readonly events_url: string;
  /** Where a Run is taken back whose turn has not come. */
  readonly cancel_url?: string;
  /** Until the next submission to the problem is taken, where it was just handed in. */
  readonly next_in_seconds?: number;
}

export interface Attempt extends Handed {
  readonly language: string;
  readonly created_at: string;
  readonly points: string | null;
  readonly maximum: string | null;
  /** Whether it is answers to a quiz: its tests are questions. */
  readonly is_quiz?: boolean;
  readonly compile_output: string | null;
  readonly tests: readonly TestShown[];
  readonly hidden_summary: { readonly passed: number; readonly total: number } | null;
  readonly score_delivery: Delivery | null;
  readonly error?: string | null;
  /** Whether the program could be compiled; null while nobody knows. */
  readonly compiles?: boolean | null;
  /** When marks and results come that are not released yet; empty where all is shown. */
  readonly release_note?: string;
  /** How late it was handed in, and what that does to its points; empty where it counts in full. */
  readonly late_note?: string;
  /** While it waits for its turn, as `Progress` has them. */
  readonly queue_position?: number | null;
  readonly wait_seconds?: number | null;
  readonly stands_still?: boolean;
}

export interface Progress {
  readonly status: string;
  readonly queue_position: number | null;
  /** How long that takes, as things go now; null while nobody can say. */
  readonly wait_seconds?: number | null;
  /** Whether nothing at all was judged for a minute. */
  readonly stands_still?: boolean;
  readonly tests_done: number;
  readonly tests_total: number;
}

export function isFinished(status: string): boolean {
  return status === "completed" || status === "error" || status === "cancelled";
}

// After these nothing more is heard of a delivery without somebody doing something.
const SETTLED = new Set(["verified", "failed", "overridden", "excluded", "frozen", "withheld"]);

export function isSettled(delivery: Delivery | null): boolean {
  return delivery === null || SETTLED.has(delivery.state);
}
