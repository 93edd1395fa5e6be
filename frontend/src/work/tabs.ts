/** Tabs after the ARIA pattern: arrows move between them, only the chosen one is a tab stop. */
export function installTabs(list: HTMLElement, shown: (panelId: string) => void): void {
  const tabs = [...list.querySelectorAll<HTMLElement>('[role="tab"]')];
  const choose = (chosen: HTMLElement, focus: boolean): void => {
    for (const tab of tabs) {
      const on = tab === chosen;
      const panel = tab.getAttribute("aria-controls") ?? "";
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(panel)?.toggleAttribute("hidden", !on);
      if (on) shown(panel);
    }
    if (focus) chosen.focus();
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => choose(tab, false));
    tab.addEventListener("keydown", (event) => {
      const ahead = getComputedStyle(list).direction === "rtl" ? -1 : 1;
      const steps: Record<string, number> = {
        ArrowRight: index + ahead,
        ArrowLeft: index - ahead,
        Home: 0,
        End: tabs.length - 1,
      };
      const to = steps[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(tabs[(to + tabs.length) % tabs.length]!, true);
    });
  });
}
