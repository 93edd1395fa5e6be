/** Times as the reader's own clock and language write them. */
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Returns the time of day, with the date before it where that is not today. */
export function clock(iso: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return iso;
  return moment.toDateString() === new Date().toDateString() ? CLOCK.format(moment) : MOMENT.format(moment);
}

/** Rewrites each `<time data-local datetime=…>` within `root`; the server wrote it in UTC. */
export function showLocalTimes(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.textContent = MOMENT.format(moment);
    element.title = moment.toISOString();
    element.removeAttribute("data-local");
  }
}
