/** How much room is left for files, said once it gets scarce. Pure. */
import { sizeText } from "./answer";

export interface Room {
  readonly tone: "warn" | "fail";
  readonly text: string;
}

const SCARCE = 0.75;

/** Returns what to say of `bytes` where `most` are accepted; null while there is plenty of room. */
export function room(bytes: number, most: number): Room | null {
  if (bytes > most) {
    const over = sizeText(bytes - most);
    return {
      tone: "fail",
      text: `Your files are too large by ${over}: take something out, or nothing is saved.`,
    };
  }
  if (bytes < SCARCE * most) return null;
  return { tone: "warn", text: `${sizeText(most - bytes)} of ${sizeText(most)} are left for your files.` };
}
