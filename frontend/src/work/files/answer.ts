/** An answer of several files, and the one text that it is saved, run and compared as. Pure. */

import type { AnswerFiles } from "../config";
import { needed } from "./names";

/** A file's text, or the bytes of what is no text. */
export type Content = string | { readonly base64: string };
export type Files = ReadonlyMap<string, Content>;

/**
 * Returns the files that `text` holds. One that is no answer of several files, as those of an earlier version are, is a
 * file of the name `usual`; an empty one has none.
 */
export function readFiles(text: string, usual: string): Map<string, Content> {
  const held = parsed(text);
  if (held !== null) return new Map(Object.entries(held));
  return new Map(text === "" ? [] : [[usual, text]]);
}

function parsed(text: string): Record<string, Content> | null {
  if (!text.startsWith("{")) return null;
  try {
    const found = JSON.parse(text) as { files?: unknown };
    const only = Object.keys(found).length === 1 && typeof found.files === "object" && found.files !== null;
    return only && Object.values(found.files as object).every(isContent)
      ? (found.files as Record<string, Content>)
      : null;
  } catch {
    return null;
  }
}

function isContent(value: unknown): value is Content {
  return typeof value === "string" || typeof (value as { base64?: unknown } | null)?.base64 === "string";
}

/** Returns the files that a student begins with, or goes on with, where `text` is held in a language. */
export function begun(text: string, language: string, rules: AnswerFiles): Answer {
  const usual = rules.usual[language] ?? "answer.txt";
  const files = readFiles(text, usual);
  for (const name of needed(rules)) if (!files.has(name)) files.set(name, "");
  if (files.size === 0 && !rules.given.includes(usual)) files.set(usual, "");
  return new Answer(files);
}

/** Returns how many bytes a file has. */
export function sizeOf(content: Content): number {
  if (typeof content === "string") return new TextEncoder().encode(content).length;
  const padding = /=*$/.exec(content.base64)?.[0].length ?? 0;
  return (content.base64.length / 4) * 3 - padding;
}

/** Returns a size in words: B below a kilobyte, KB below a megabyte. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function sameContent(one: Content | undefined, other: Content | undefined): boolean {
  return one !== undefined && other !== undefined && written(one) === written(other);
}

function written(content: Content): string {
  return JSON.stringify(typeof content === "string" ? content : { base64: content.base64 });
}

/** The files that are being worked on. What was written of each is kept, so that a key costs its own file only. */
export class Answer {
  readonly #files: Map<string, Content>;
  readonly #written = new Map<string, string>();
  #text: string | null = null;

  constructor(files: Files) {
    this.#files = new Map(files);
  }

  /** Returns the one text: names sorted and nothing between the parts, so that equal answers are equal texts. */
  get text(): string {
    // An object would put names that are numbers first.
    this.#text ??= `{"files":{${this.names.map((name) => this.#entry(name)).join(",")}}}`;
    return this.#text;
  }

  /** How much room the text takes, in bytes. */
  get bytes(): number {
    return new TextEncoder().encode(this.text).length;
  }

  get names(): string[] {
    return [...this.#files.keys()].sort();
  }

  get files(): Files {
    return this.#files;
  }

  get(name: string): Content | undefined {
    return this.#files.get(name);
  }

  has(name: string): boolean {
    return this.#files.has(name);
  }

  put(name: string, content: Content): void {
    this.#files.set(name, content);
    this.#forget(name);
  }

  remove(name: string): void {
    this.#files.delete(name);
    this.#forget(name);
  }

  #forget(name: string): void {
    this.#written.delete(name);
    this.#text = null;
  }

  #entry(name: string): string {
    const known = this.#written.get(name);
    if (known !== undefined) return known;
    const entry = `${JSON.stringify(name)}:${written(this.#files.get(name) ?? "")}`;
    this.#written.set(name, entry);
    return entry;
  }
}
