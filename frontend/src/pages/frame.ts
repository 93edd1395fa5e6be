/** Asks the LMS's page to make our frame as tall as our page (the `lti.frameResize` message). */
export function growFrame(): void {
  if (window.parent === window) return;
  let told = 0;
  const tell = (): void => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (Math.abs(height - told) < 2) return;
    told = height;
    // No secret is in it, and which origin holds the frame differs by LMS.
    window.parent.postMessage({ subject: "lti.frameResize", height }, "*");
  };
  new ResizeObserver(tell).observe(document.documentElement);
  tell();
  // After a link of ours the new page begins at its top, and so should the view of it (a message of Canvas's own).
  if (document.referrer.startsWith(`${location.origin}/`))
    window.parent.postMessage({ subject: "lti.scrollToTop" }, "*");
}
