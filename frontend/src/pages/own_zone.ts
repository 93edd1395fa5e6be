/**
 * Pages whose days begin in a time zone that the server knows: `<form data-own-zone="Europe/Berlin" hidden>`, with a field `zone`.
 *
 * Where the reader's clock is in another, the form offers to change it; where nobody has chosen one yet
 * (no `data-is-chosen`) the reader's is taken at once, and the page comes again in it.
 */
export function installOwnZone(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-own-zone]");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const field = form?.elements.namedItem("zone");
  if (!form || !(field instanceof HTMLInputElement) || !own || own === form.dataset["ownZone"]) return;
  field.value = own;
  const name = form.querySelector("[data-own-zone-name]");
  if (name) name.textContent = own;
  if (form.dataset["isChosen"] !== undefined) form.hidden = false;
  else void take(form);
}

async function take(form: HTMLFormElement): Promise<void> {
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    if (answer.ok) window.location.reload();
  } catch {
    // Without an answer the page stays as it is, and says in which zone that is.
  }
}
