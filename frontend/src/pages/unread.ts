/**
 * The number of unread notifications in the line above each page: asked for now and then while somebody looks, and when
 * they come back. Mostly the answer is that nothing has changed, and has no body.
 */
import { announce } from "../shared/announce";

const EVERY = 60_000;

export function installUnread(): void {
  const link = document.querySelector<HTMLElement>("#notifications-link");
  const url = link?.dataset.unreadUrl;
  if (!link || !url) return;
  let asked = 0;
  const look = async (): Promise<void> => {
    if (document.visibilityState !== "visible") return;
    asked = Date.now();
    try {
      // The browser keeps the answer, asks whether it is still so, and gives it again if it is.
      const answer = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-cache" });
      if (answer.ok) show(link, ((await answer.json()) as { unread: number }).unread);
    } catch {
      // The network is gone: the next look may find it.
    }
  };
  if (link.dataset.unreadUnknown !== undefined) void look();
  // Not all at the same moment: a class that opened its pages together would ask together.
  window.setInterval(() => void look(), EVERY * (0.8 + 0.4 * Math.random()));
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - asked > EVERY / 4) void look();
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if ((event.target as HTMLElement).id === "inbox") void look();
  });
}

function show(link: HTMLElement, unread: number): void {
  const badge = link.querySelector<HTMLElement>("[data-unread]");
  const number = link.querySelector<HTMLElement>("[data-unread-number]");
  if (!badge || !number) return;
  const before = Number(number.textContent || "0");
  badge.hidden = unread === 0;
  number.textContent = unread === 0 ? "" : String(unread);
  if (unread > before && link.dataset.unreadUnknown === undefined)
    announce(unread === 1 ? "1 unread notification" : `${unread} unread notifications`);
  delete link.dataset.unreadUnknown;
}
