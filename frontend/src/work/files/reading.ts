/** Files of the student's machine: read as text where they are text. */
import { sendFile, type Refusal } from "../../shared/api";
import type { Content, Files } from "./answer";
import type { LeftOut } from "./intake";

export interface Incoming {
  readonly files: Files;
  readonly leftOut: readonly LeftOut[];
}

interface Unpacked {
  readonly files: Readonly<Record<string, Content>>;
  readonly left_out: readonly LeftOut[];
}

/** Returns a file's text, or null where it is none: bytes that are no UTF-8, or a NUL among them. */
export async function textOf(file: File): Promise<string | null> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
    return text.includes("\0") ? null : text;
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

/**
 * Reads what was chosen or dropped. An archive is unpacked by the server, at `unpackUrl`. Of a file larger than `most`
 * bytes nothing is read.
 */
export async function readAll(chosen: readonly File[], unpackUrl: string, most: number): Promise<Incoming> {
  const files = new Map<string, Content>();
  const leftOut: LeftOut[] = [];
  for (const file of chosen) {
    try {
      if (isArchive(file)) {
        const found = await unpack(file, unpackUrl);
        for (const [name, content] of Object.entries(found.files)) files.set(name, content);
        leftOut.push(...found.left_out);
      } else if (file.size > most) {
        leftOut.push({ name: file.name, why: "It is too large. Take out data, or leave it out." });
      } else {
        files.set(file.name.normalize("NFC"), await contentOf(file));
      }
    } catch (error) {
      leftOut.push({ name: file.name, why: unread(error) });
    }
  }
  return { files, leftOut };
}

function isArchive(file: File): boolean {
  return /\.zip$/i.test(file.name) || file.type === "application/zip";
}

class Refused extends Error {}

async function unpack(file: File, url: string): Promise<Unpacked> {
  const answer = await sendFile<Unpacked>(url, file);
  if (answer.kind === "ok") return answer.body;
  const refusal: Refusal | null = answer.kind === "refused" ? answer.refusal : null;
  throw new Refused(refusal?.message ?? "The server is not reached. Try again in a moment.");
}

function unread(error: unknown): string {
  return error instanceof Refused
    ? error.message
    : "It could not be read. A folder has to be made a ZIP first; a file that was changed has to be chosen again.";
}

async function contentOf(file: File): Promise<Content> {
  return (await textOf(file)) ?? { base64: await base64(file) };
}

function base64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).replace(/^[^,]*,/, "")));
    reader.addEventListener("error", () => reject(reader.error ?? new Error("The file cannot be read.")));
    // An empty file is text, so there is always something after the comma.
    reader.readAsDataURL(file);
  });
}
