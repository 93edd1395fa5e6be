/**
 * Fields for a moment: `<input type="datetime-local" name=… data-utc>`.
 *
 * The server takes UTC. Here the field shows and takes the reader's own time, and a hidden one carries UTC.
 */
export function installUtcFields(root: ParentNode): void {
  for (const field of root.querySelectorAll<HTMLInputElement>("input[data-utc]")) {
    // One that has no name has its carrier already.
    if (!field.name) continue;
    const carrier = document.createElement("input");
    carrier.type = "hidden";
    carrier.name = field.name;
    carrier.value = field.value;
    field.removeAttribute("name");
    field.after(carrier);
    if (field.value) field.value = localOf(field.value);
    const zone = document.getElementById(field.dataset["utc"] ?? "");
    if (zone) zone.textContent = `In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`;
    field.addEventListener("input", () => {
      carrier.value = field.value ? utcOf(field.value) : "";
    });
  }
}

/** Returns a local "2026-12-05T18:00" as one of UTC. */
export function utcOf(local: string): string {
  return new Date(local).toISOString().slice(0, 16);
}

/** Returns a "2026-12-05T18:00" of UTC as local. */
export function localOf(utc: string): string {
  const moment = new Date(`${utc}Z`);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
