/**
 * Copies in this browser: of what the server has not acknowledged yet, and of texts that gave way to others.
 *
 * IndexedDB where the browser allows it, localStorage where not, and memory where a third-party frame may store
 * nothing; `durable` says which promise can be made.
 */
import type { LocalCopy } from "./reconcile";
import type { Text } from "./texts";

/** A text that was replaced on the page and may be wanted back. */
export interface KeptText extends Text {
  readonly key: string;
  readonly why: string;
  readonly keptAt: number;
}

/** A small map of names to JSON-able values. */
interface Shelf {
  readonly durable: boolean;
  put(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
  /** Every [name, value] whose name begins with `prefix`. */
  all(prefix: string): Promise<[string, unknown][]>;
}

const DATABASE = "lti_grader";
const STORE = "texts";
const MOST_KEPT = 20;
const KEEP_FOR = 30 * 24 * 3600 * 1000;

function asked<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("The browser's store does not answer."));
  });
}

async function indexedShelf(): Promise<Shelf> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await asked(opening);
  const store = (mode: IDBTransactionMode): IDBObjectStore =>
    database.transaction(STORE, mode).objectStore(STORE);
  return {
    durable: true,
    put: async (name, value) => void (await asked(store("readwrite").put(value, name))),
    remove: async (name) => void (await asked(store("readwrite").delete(name))),
    all: async (prefix) => {
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const from = store("readonly");
      const [names, values] = await Promise.all([asked(from.getAllKeys(range)), asked(from.getAll(range))]);
      return names.map((name, index) => [String(name), values[index]]);
    },
  };
}

function localShelf(): Shelf {
  localStorage.setItem(`${DATABASE}:probe`, "1");
  localStorage.removeItem(`${DATABASE}:probe`);
  const named = (name: string): string => `${DATABASE}:${name}`;
  return {
    durable: true,
    put: async (name, value) => localStorage.setItem(named(name), JSON.stringify(value)),
    remove: async (name) => localStorage.removeItem(named(name)),
    all: async (prefix) =>
      Object.keys(localStorage)
        .filter((name) => name.startsWith(named(prefix)))
        .map((name) => [name.slice(DATABASE.length + 1), JSON.parse(localStorage.getItem(name) ?? "null")]),
  };
}

function memoryShelf(): Shelf {
  const held = new Map<string, unknown>();
  return {
    durable: false,
    put: async (name, value) => void held.set(name, value),
    remove: async (name) => void held.delete(name),
    all: async (prefix) => [...held].filter(([name]) => name.startsWith(prefix)),
  };
}

async function bestShelf(): Promise<Shelf> {
  for (const shelf of [indexedShelf, localShelf]) {
    try {
      return await shelf();
    } catch {
      // Refused here (a frame without storage, a private window): the next kind may be allowed.
    }
  }
  return memoryShelf();
}

export class Keeping {
  readonly #tab = crypto.randomUUID();
  readonly #shelf: Shelf;
  readonly #owner: string;
  /** The copy that the store is known to hold. */
  #held: Text | null = null;

  private constructor(shelf: Shelf, owner: string) {
    this.#shelf = shelf;
    this.#owner = owner;
  }

  /** Opens the copies of one person's work on one problem. */
  static async open(userId: string, problemId: string): Promise<Keeping> {
    const keeping = new Keeping(await bestShelf(), `${userId}:${problemId}`);
    keeping.#showThatWeLive();
    return keeping;
  }

  /** Whether this browser durably holds a copy of `text`. */
  holds(text: Text): boolean {
    return this.#held?.code === text.code && this.#held.language === text.language;
  }

  async putCopy(copy: Omit<LocalCopy, "key">): Promise<void> {
    try {
      await this.#shelf.put(this.#copyName, { ...copy, key: this.#copyName });
      this.#held = this.#shelf.durable ? copy : null;
    } catch {
      // The store is full or was taken away: what is said about the copy follows from `holds`.
      this.#held = null;
    }
  }

  async dropCopy(): Promise<void> {
    this.#held = null;
    await this.#shelf.remove(this.#copyName).catch(() => undefined);
  }

  /** Returns the copies that pages which are gone left behind. */
  async orphans(): Promise<LocalCopy[]> {
    const living = await livingTabs();
    const all = await this.#shelf.all(`copy:${this.#owner}:`).catch(() => []);
    return all.map(([, value]) => value as LocalCopy).filter((copy) => !living.has(copy.key));
  }

  async forget(copies: readonly LocalCopy[]): Promise<void> {
    for (const copy of copies) await this.#shelf.remove(copy.key).catch(() => undefined);
  }

  /** Keeps a text that gives way to another one, and returns whether a closed page keeps it too. */
  async keepText(text: Text, why: string): Promise<boolean> {
    const key = `kept:${this.#owner}:${Date.now()}:${crypto.randomUUID().slice(0, 8)}`;
    const kept: KeptText = { ...text, key, why, keptAt: Date.now() };
    try {
      await this.#shelf.put(key, kept);
    } catch {
      return false;
    }
    const old = (await this.keptTexts()).slice(MOST_KEPT);
    for (const one of old) await this.dropText(one.key);
    return this.#shelf.durable;
  }

  /** Returns what was kept within the last month, the newest first. */
  async keptTexts(): Promise<KeptText[]> {
    const all = await this.#shelf.all(`kept:${this.#owner}:`).catch(() => []);
    const texts = all.map(([, value]) => value as KeptText).sort((a, b) => b.keptAt - a.keptAt);
    const expired = texts.filter((text) => Date.now() - text.keptAt > KEEP_FOR);
    for (const text of expired) await this.dropText(text.key);
    return texts.filter((text) => !expired.includes(text));
  }

  async dropText(key: string): Promise<void> {
    await this.#shelf.remove(key).catch(() => undefined);
  }

  get #copyName(): string {
    return `copy:${this.#owner}:${this.#tab}`;
  }

  /** Holds a lock of this tab's name for as long as the page lives: other tabs then leave its copy alone. */
  #showThatWeLive(): void {
    const held = navigator.locks?.request(this.#copyName, () => new Promise<void>(() => undefined));
    held?.catch(() => undefined);
  }
}

async function livingTabs(): Promise<Set<string>> {
  try {
    const { held = [] } = await navigator.locks.query();
    return new Set(held.map((lock) => lock.name ?? ""));
  } catch {
    // Without locks every copy counts as left behind; comparing the texts sorts them out.
    return new Set();
  }
}
