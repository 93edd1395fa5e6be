/** Files that the student takes along. */
import { zipSync } from "fflate";
import { make } from "../../shared/dom";
import type { Content, Files } from "./answer";

function bytesOf(content: Content): Uint8Array<ArrayBuffer> {
  if (typeof content === "string") return new TextEncoder().encode(content);
  return Uint8Array.from(atob(content.base64), (letter) => letter.charCodeAt(0));
}

/** Returns a ZIP archive of the files. */
export function archive(files: Files): Uint8Array<ArrayBuffer> {
  const held = [...files].map(([name, content]): [string, Uint8Array] => [name, bytesOf(content)]);
  return Uint8Array.from(zipSync(Object.fromEntries(held)));
}

export function downloadAll(files: Files): void {
  download(archive(files), "my-answer.zip");
}

/** Has the browser save one file, under its name without the folder. */
export function downloadOne(name: string, content: Content): void {
  download(bytesOf(content), name.slice(name.lastIndexOf("/") + 1));
}

function download(bytes: Uint8Array<ArrayBuffer>, filename: string): void {
  const url = URL.createObjectURL(new Blob([bytes]));
  make("a", { href: url, download: filename }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
