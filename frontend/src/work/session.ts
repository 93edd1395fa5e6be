/** Getting back to work after the session ended and was opened again elsewhere. */
import { useCsrfToken } from "../shared/api";
import { readConfig, type Config } from "./config";

export type Return = "back" | "ended" | "somebody_else" | "unanswered";

/**
 * Asks for this page anew. If a session is there again, and is the same person's, its token is used from now on.
 * On a shared computer it may be another's: then nothing is sent.
 */
export async function comeBack(config: Config): Promise<Return> {
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.status === 401) return "ended";
    if (!response.ok) return response.status >= 500 ? "unanswered" : "somebody_else";
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (readConfig(page).user_id !== config.user_id) return "somebody_else";
    useCsrfToken(page.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "");
    return "back";
  } catch {
    return "unanswered";
  }
}
