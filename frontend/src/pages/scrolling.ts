/** Blocks that scroll sideways are given a tab stop, so that the keyboard reaches what is cut off. */
export function letScrollByKeyboard(root: ParentNode): void {
  for (const block of root.querySelectorAll<HTMLElement>("pre, .scroll")) {
    if (block.hasAttribute("tabindex") || block.scrollWidth <= block.clientWidth) continue;
    block.tabIndex = 0;
    if (block.hasAttribute("aria-label") || block.hasAttribute("aria-labelledby")) continue;
    block.setAttribute("role", "group");
    block.setAttribute(
      "aria-label",
      block.tagName === "PRE" ? "Text, scrolls sideways" : "Table, scrolls sideways",
    );
  }
}
