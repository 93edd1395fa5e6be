/** Follows an attempt until its result, and a submission's score until the LMS has it. */
import { send, type Refusal } from "../shared/api";
import {
  isFinished,
  isSettled,
  type Attempt,
  type Delivery,
  type Handed,
  type Progress,
  type TestShown,
} from "./attempt";
import { awaitRelease } from "./release";

export interface Watcher {
  progress(progress: Progress): void;
  test(test: TestShown): void;
  completed(attempt: Attempt): void;
  delivery(delivery: Delivery): void;
  /** Asking fails; it goes on being tried unless the refusal is final. */
  trouble(message: string, refusal: Refusal | null): void;
}

const ERRORS_UNTIL_POLLING = 3;
const POLL_EVERY = 2000;
const POLL_AT_MOST = 15_000;

/**
 * Begins to follow, and returns a function that stops it. What is not released when it is there is waited for, and told
 * again by `completed` when it is.
 */
export function watch(handed: Handed, watcher: Watcher): () => void {
  let stop = (): void => undefined;
  let stopWaiting = (): void => undefined;
  const told: Watcher = {
    ...watcher,
    completed: (attempt) => {
      watcher.completed(attempt);
      stopWaiting();
      stopWaiting = attempt.release_note ? awaitRelease(attempt, follow) : (): void => undefined;
    },
  };
  const follow = (): void => {
    stop();
    if (!("EventSource" in window)) {
      stop = poll(handed, told);
      return;
    }
    stop = stream(handed, told, () => {
      stop = poll(handed, told);
    });
  };
  follow();
  return () => {
    stop();
    stopWaiting();
  };
}

function stream(handed: Handed, watcher: Watcher, giveUp: () => void): () => void {
  const source = new EventSource(handed.events_url);
  let errors = 0;
  let finished = false;
  const on = <Data>(name: string, heard: (data: Data) => void): void => {
    source.addEventListener(name, (event) => {
      errors = 0;
      heard(JSON.parse((event as MessageEvent<string>).data) as Data);
    });
  };
  on<Progress>("progress", (data) => watcher.progress(data));
  on<TestShown>("test", (data) => watcher.test(data));
  on<Attempt>("completed", (data) => {
    finished = true;
    watcher.completed(data);
    if (data.type === "test_run" || isSettled(data.score_delivery)) source.close();
  });
  on<Delivery>("delivery", (data) => {
    if (!data.state) return;
    watcher.delivery(data);
    if (finished && isSettled(data)) source.close();
  });
  source.addEventListener("error", () => {
    errors += 1;
    // Closed by the browser means refused: asking in the ordinary way tells why.
    if (source.readyState !== EventSource.CLOSED && errors < ERRORS_UNTIL_POLLING) return;
    source.close();
    giveUp();
  });
  return () => source.close();
}

/** Follows an attempt by asking every few seconds. */
export function poll(handed: Handed, watcher: Watcher): () => void {
  let wait = POLL_EVERY;
  let told = false;
  let timer = 0;
  let stopped = false;
  const again = (): void => {
    if (!stopped) timer = window.setTimeout(() => void look(), wait);
    wait = Math.min(wait * 1.5, POLL_AT_MOST);
  };
  const look = async (): Promise<void> => {
    const answer = await send<Attempt>("GET", handed.url);
    if (stopped) return;
    if (answer.kind === "ok") {
      const over = report(answer.body, watcher, told);
      told ||= isFinished(answer.body.status);
      if (over) return;
    } else if (answer.kind === "refused" && !answer.refusal.retryable) {
      watcher.trouble(answer.refusal.message, answer.refusal);
      return;
    } else {
      watcher.trouble("The server is not reached. Your attempt is safe there; this page keeps asking.", null);
    }
    again();
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** Tells what one look showed, and returns whether there is nothing more to wait for. */
function report(attempt: Attempt, watcher: Watcher, told: boolean): boolean {
  if (!isFinished(attempt.status)) {
    const { status, queue_position = null, wait_seconds = null, stands_still = false } = attempt;
    watcher.progress({
      status,
      queue_position,
      wait_seconds,
      stands_still,
      tests_done: 0,
      tests_total: 0,
    });
    return false;
  }
  if (!told) watcher.completed(attempt);
  else if (attempt.score_delivery) watcher.delivery(attempt.score_delivery);
  return attempt.type === "test_run" || isSettled(attempt.score_delivery);
}
