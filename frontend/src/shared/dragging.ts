/** Things dragged to another place among their like: the mouse's way of what buttons do as well. */

export interface Kind {
  /** What is dragged, as a selector. */
  readonly item: string;
  /** What such things stand in, as a selector: where none stands yet, one can be dropped anywhere in it. */
  readonly list: string;
  /** What they are held by, as a selector. */
  readonly handle: string;
}

/** Let things within `root` be dragged, and tell which one has come to another place. A drag that is broken off changes nothing. */
export function installDragging(root: HTMLElement, kind: Kind, moved: (item: HTMLElement) => void): void {
  let dragged: HTMLElement | null = null;
  let home: { readonly list: ParentNode; readonly next: Node | null } | null = null;
  root.addEventListener("dragstart", (event) => {
    const item = (event.target as Element).closest<HTMLElement>(kind.handle)?.closest<HTMLElement>(kind.item);
    if (!item?.parentNode) return;
    dragged = item;
    home = { list: item.parentNode, next: item.nextSibling };
    item.classList.add("dragged");
    if (!event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "move";
    const { left, top } = item.getBoundingClientRect();
    event.dataTransfer.setDragImage(item, event.clientX - left, event.clientY - top);
  });
  root.addEventListener("dragover", (event) => {
    if (!dragged) return;
    // Wherever it is let go, it stays where it stands by then: what moves meanwhile may have left the pointer beside all lists.
    event.preventDefault();
    const over = (event.target as Element).closest<HTMLElement>(kind.item);
    const list = (event.target as Element).closest<HTMLElement>(kind.list);
    if (over === dragged) return;
    if (over) {
      const { top, height } = over.getBoundingClientRect();
      if (event.clientY < top + height / 2) over.before(dragged);
      else over.after(dragged);
    } else if (list && !list.querySelector(kind.item)) {
      list.prepend(dragged);
    }
  });
  root.addEventListener("drop", (event) => {
    if (dragged) event.preventDefault();
  });
  root.addEventListener("dragend", (event) => {
    if (!dragged || !home) return;
    const [item, { list, next }] = [dragged, home];
    [dragged, home] = [null, null];
    item.classList.remove("dragged");
    if (event.dataTransfer?.dropEffect === "none") list.insertBefore(item, next);
    else if (item.parentNode !== list || item.nextSibling !== next) moved(item);
  });
}
