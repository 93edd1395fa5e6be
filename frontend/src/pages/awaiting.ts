/**
 * Pages that say when marks or results come: what is marked by `data-awaits` is looked for on the page anew, now and then
 * while somebody looks, and the page is loaded again once it says something else.
 */
const EVERY = 30_000;

export function installAwaiting(): void {
  const here = said(document);
  if (here === "") return;
  let asking = false;
  const look = async (): Promise<void> => {
    if (document.visibilityState !== "visible" || asking) return;
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok && said(new DOMParser().parseFromString(await answer.text(), "text/html")) !== here)
        location.reload();
    } catch {
      // The network is gone: the next look may find it.
    } finally {
      asking = false;
    }
  };
  // Not all at the same moment: a class that handed in together would ask together.
  window.setInterval(() => void look(), EVERY * (0.8 + 0.4 * Math.random()));
  document.addEventListener("visibilitychange", () => void look());
}

function said(page: Document): string {
  return [...page.querySelectorAll("[data-awaits]")].map((one) => one.textContent?.trim()).join("\n");
}
