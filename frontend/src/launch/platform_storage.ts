/**
 * Data that the LMS's pages keep for a tool whose cookies are blocked (1EdTech LTI Client Side postMessages 1.0 and
 * LTI Platform Storage 1.0).
 *
 * What is asked goes only to windows of the origins that the platform was registered with, and only their answers
 * count: a page that holds ours in a frame without being the LMS's neither hears a secret nor can make one up.
 */
export interface Storage {
  /** Names of frames beside ours; `_parent` is the window around it, or the one that opened it. */
  readonly frames: readonly string[];
  readonly origins: readonly string[];
  readonly key: string;
}

interface Answer {
  readonly subject?: unknown;
  readonly message_id?: unknown;
  readonly error?: unknown;
  readonly value?: unknown;
  readonly supported_messages?: unknown;
}

const PATIENCE = 1500;
// The LMS's frame may still be loading when ours asks.
const ASK_AGAIN = 150;

/** Keeps `value` under the storage's key; null takes it away. Returns whether a platform said that it did. */
export async function put(storage: Storage, value: string | null): Promise<boolean> {
  const data = value === null ? { key: storage.key } : { key: storage.key, value };
  return (await ask(await framesOf(storage), storage.origins, "lti.put_data", data)) !== null;
}

/** Returns what is kept under the storage's key, null where no platform has it. */
export async function get(storage: Storage): Promise<string | null> {
  const frames = await framesOf(storage);
  const answer = await ask(frames, storage.origins, "lti.get_data", { key: storage.key }, hasValue);
  return hasValue(answer) ? answer.value : null;
}

/** The frames that the login named; where it named none, those that the window around ours says it has. */
async function framesOf(storage: Storage): Promise<Window[]> {
  const names = storage.frames.length > 0 ? storage.frames : await offered();
  return [...new Set(names.map(found).filter((frame) => frame !== null))];
}

/** Asks the window around ours what it can do. There is no secret in that, and it may be of any origin. */
async function offered(): Promise<string[]> {
  const around = found("_parent");
  if (around === null) return [];
  const answer = await ask([around], ["*"], "lti.capabilities", {});
  const messages = Array.isArray(answer?.supported_messages) ? (answer.supported_messages as unknown[]) : [];
  const storing = messages.find(
    (one) => (one as { subject?: unknown } | null)?.subject === "lti.put_data",
  ) as { frame?: unknown } | undefined;
  if (storing === undefined) return [];
  return [typeof storing.frame === "string" && storing.frame !== "" ? storing.frame : "_parent"];
}

function found(name: string): Window | null {
  const around: Window | null = window.parent === window ? (window.opener as Window | null) : window.parent;
  if (around === null || name === "_parent") return around;
  try {
    return (around.frames as unknown as Record<string, Window | undefined>)[name] ?? null;
  } catch {
    // A window of another origin says no to every name but those of its frames.
    return null;
  }
}

/** Sends a message to each frame, and returns the first answer that will do; null when patience ends. */
function ask(
  frames: readonly Window[],
  origins: readonly string[],
  subject: string,
  data: object,
  willDo: (answer: Answer) => boolean = () => true,
): Promise<Answer | null> {
  if (frames.length === 0) return Promise.resolve(null);
  const id = crypto.randomUUID();
  return new Promise((resolve) => {
    const finish = (answer: Answer | null): void => {
      window.removeEventListener("message", hear);
      clearTimeout(timer);
      clearInterval(again);
      resolve(answer);
    };
    const hear = (event: MessageEvent<unknown>): void => {
      if (!origins.includes("*") && !origins.includes(event.origin)) return;
      const answer = event.data as Answer | null;
      if (typeof answer !== "object" || answer === null || answer.message_id !== id) return;
      if (answer.subject !== `${subject}.response` || answer.error || !willDo(answer)) return;
      finish(answer);
    };
    const send = (): void => {
      for (const frame of frames)
        for (const origin of origins) frame.postMessage({ subject, message_id: id, ...data }, origin);
    };
    const timer = setTimeout(() => finish(null), PATIENCE);
    const again = setInterval(send, ASK_AGAIN);
    window.addEventListener("message", hear);
    send();
  });
}

function hasValue(answer: Answer | null): answer is Answer & { value: string } {
  return typeof answer?.value === "string" && answer.value !== "";
}
