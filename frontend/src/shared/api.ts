/** Requests to our own server, and what its refusals mean. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** Milliseconds that the server asked us to wait. */
  readonly after: number;
  /** The whole answer, for what else it carries. */
  readonly body: unknown;
}

export type Answer<Body> =
  | { readonly kind: "ok"; readonly body: Body }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** No answer came: the network is gone, or the server was not there. */
  | { readonly kind: "unanswered" };

// Browsers keep at most 64 KiB of requests going for a page that is closed.
const KEPT_ALIVE_BYTES = 60_000;

let csrfToken = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";

/** Uses the token of a newer session from now on. */
export function useCsrfToken(token: string): void {
  csrfToken = token;
}

export async function send<Body>(
  method: "GET" | "POST" | "PUT",
  url: string,
  data?: unknown,
): Promise<Answer<Body>> {
  if (data === undefined) return request(url, { method });
  const body = JSON.stringify(data);
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrfToken };
  return request(url, { method, headers, body, keepalive: new Blob([body]).size < KEPT_ALIVE_BYTES });
}

/** Sends a file as the field `file` of a form. */
export async function sendFile<Body>(url: string, file: File): Promise<Answer<Body>> {
  const body = new FormData();
  body.append("file", file);
  return request(url, { method: "POST", headers: { "X-CSRF-Token": csrfToken }, body });
}

async function request<Body>(url: string, { headers, ...how }: RequestInit): Promise<Answer<Body>> {
  try {
    const response = await fetch(url, {
      ...how,
      headers: { Accept: "application/json", ...(headers as Record<string, string>) },
      signal: AbortSignal.timeout(20_000),
    });
    return response.ok
      ? { kind: "ok", body: (await response.json()) as Body }
      : { kind: "refused", refusal: await read(response) };
  } catch {
    // fetch throws for a lost network and an elapsed time; an answer that breaks off is no answer either.
    return { kind: "unanswered" };
  }
}

async function read(response: Response): Promise<Refusal> {
  const body = (await response.json().catch(() => ({}))) as { error?: Partial<Refusal> };
  const wait = Number(response.headers.get("Retry-After") ?? 0) * 1000;
  return {
    status: response.status,
    code: body.error?.code ?? "unknown",
    message: body.error?.message ?? `The server answered ${response.status}. Try again in a moment.`,
    retryable: body.error?.retryable ?? response.status >= 500,
    after: Number.isFinite(wait) ? wait : 0,
    body,
  };
}
