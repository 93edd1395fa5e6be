/** The bar between statement and editor: dragged, or moved by keys (ARIA's window splitter). */
const NAME = "lti_grader:split";
const START = 42;
const LEAST = 25;
const MOST = 65;
const STEP = 2;

export function installSplitter(workspace: HTMLElement, bar: HTMLElement): void {
  let share = remembered();
  const set = (percent: number): void => {
    share = Math.round(Math.min(MOST, Math.max(LEAST, percent)));
    workspace.style.setProperty("--split", `${share}%`);
    bar.setAttribute("aria-valuenow", String(share));
    bar.setAttribute("aria-valuetext", `Statement ${share} percent wide`);
  };
  bar.setAttribute("aria-valuemin", String(LEAST));
  bar.setAttribute("aria-valuemax", String(MOST));
  set(share);

  const fromStart = (x: number): number => {
    const box = workspace.getBoundingClientRect();
    const along = getComputedStyle(workspace).direction === "rtl" ? box.right - x : x - box.left;
    return (along / box.width) * 100;
  };
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
    bar.focus();
  });
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) set(fromStart(event.clientX));
  });
  bar.addEventListener("pointerup", () => remember(share));
  bar.addEventListener("dblclick", () => {
    set(START);
    remember(share);
  });
  bar.addEventListener("keydown", (event) => {
    const ahead = getComputedStyle(workspace).direction === "rtl" ? -STEP : STEP;
    const moves: Record<string, number> = {
      ArrowRight: share + ahead,
      ArrowLeft: share - ahead,
      Home: LEAST,
      End: MOST,
      Enter: START,
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
    remember(share);
  });
}

function remembered(): number {
  try {
    return Number(localStorage.getItem(NAME)) || START;
  } catch {
    return START;
  }
}

function remember(share: number): void {
  try {
    localStorage.setItem(NAME, String(share));
  } catch {
    // A frame without storage: the next page starts in the middle again.
  }
}
