// What tools ask this LMS to keep for them, each for its own origin, for as long as the tab is open (LTI Platform
// Storage 1.0). `frame` is the name of the frame that this runs in.
function keepForTools(frame) {
  addEventListener("message", (event) => {
    const { subject, message_id, key, value } = event.data ?? {};
    if (!["lti.capabilities", "lti.put_data", "lti.get_data"].includes(subject)) return;
    const say = (answer) =>
      event.source.postMessage({ subject: `${subject}.response`, message_id, ...answer }, event.origin);
    const refuse = (message) => say({ error: { code: "bad_request", message } });
    if (subject === "lti.capabilities") {
      const storing = ["lti.put_data", "lti.get_data"].map((one) => ({ subject: one, frame }));
      return say({ supported_messages: [{ subject }, { subject: "lti.frameResize" }, ...storing] });
    }
    if (!message_id || !key) return refuse("Give message_id and key.");
    const name = `tool:${event.origin}:${key}`;
    if (subject === "lti.get_data") return say({ key, value: sessionStorage.getItem(name) });
    if (value === undefined || value === null) sessionStorage.removeItem(name);
    else if (String(value).length > 4096) return say({ error: { code: "storage_exhausted", message: "Too long." } });
    else sessionStorage.setItem(name, value);
    return say({ key, value });
  });
}
