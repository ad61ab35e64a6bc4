/* The review desk: keys, stepping through candidates, help, and no decision on a card nobody has had time to see.
   While a request runs the last key pressed is kept and done on what comes back; only a decision never is. */
(() => {
  "use strict";
  const UNSEEN_MS = 250;
  let shownAt = performance.now();
  let busy = false;
  let settling = false;
  let kept = "";

  const desk = () => document.getElementById("desk");
  const card = () => document.querySelector("#desk [data-card]");
  const press = (name) => {
    const form = document.querySelector(`#desk form[data-do="${name}"]`);
    if (form && !form.querySelector("button[disabled]")) form.requestSubmit();
  };

  const options = () => Array.from(document.querySelectorAll("#desk [data-option]"));
  const show = (at) => {
    const all = options();
    if (!all.length) return;
    const place = (at + all.length) % all.length;
    all.forEach((option, index) => { option.hidden = index !== place; });
    document.querySelectorAll("#desk [data-show]").forEach((button) => {
      button.setAttribute("aria-pressed", String(Number(button.dataset.show) === place));
    });
    const said = document.querySelector("#desk [data-step-said]");
    if (said) said.textContent = all[place].getAttribute("aria-label");
    const field = document.querySelector("#desk [data-candidate-field]");
    if (!field) return;
    field.value = all[place].dataset.number;
    field.form.querySelector("button").disabled = all[place].dataset.linkable === "0";
  };
  const step = (by) => show(options().findIndex((option) => !option.hidden) + by);

  const open = (dialog) => { if (dialog && !dialog.open) dialog.showModal(); };
  const openSkip = () => open(document.querySelector("#desk [data-skip-dialog]"));
  const openHelp = () => open(document.getElementById("review-help"));

  const KEYS = {
    a: () => press("approve"),
    r: () => press("reject"),
    u: () => press("undo"),
    s: openSkip,
    n: () => step(1),
    ArrowRight: () => step(1),
    p: () => step(-1),
    ArrowLeft: () => step(-1),
    "?": openHelp,
  };
  const DECISIONS = ["a", "r", "s"];
  const isNumber = (key) => /^[1-8]$/.test(key);
  const obey = (key) => {
    if (isNumber(key)) show(Number(key) - 1);
    else if (!DECISIONS.includes(key) || performance.now() - shownAt >= UNSEEN_MS) KEYS[key]();
  };
  const obeyKept = () => {
    const key = kept;
    kept = "";
    if (key && (!isNumber(key) || Number(key) <= options().length)) obey(key);
  };
  const say = (text) => {
    const box = document.querySelector("#desk [role=status]");
    const line = document.createElement("p");
    line.className = "desk-notice desk-refused";
    line.textContent = text;
    if (box) box.replaceChildren(line);
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !desk()) return;
    if (event.target.closest("input:not([type=hidden]), select, textarea, [contenteditable]")) return;
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      const reason = dialog.querySelector(`[data-reason="${CSS.escape(event.key)}"]`);
      if (reason && !busy) { event.preventDefault(); reason.click(); }
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!(key in KEYS) && !(isNumber(key) && (busy || Number(key) <= options().length))) return;
    event.preventDefault();
    if (!busy) obey(key);
    else kept = DECISIONS.includes(key) ? "" : key; // a decision would fall on a card that is not there yet
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.show) show(Number(button.dataset.show));
    else if (button.dataset.step) step(Number(button.dataset.step));
    else if ("reviewSkip" in button.dataset) openSkip();
    else if ("reviewHelp" in button.dataset) openHelp();
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("[data-review-filters]");
    if (!form) return;
    form.querySelectorAll("select").forEach((field) => { field.disabled = field.value === ""; });
    form.requestSubmit();
  });

  const gone = (picture) => picture.closest(".picture").classList.add("is-gone");
  document.addEventListener("error", (event) => {
    if (event.target.matches && event.target.matches("img[data-picture]")) gone(event.target);
  }, true);

  const rest = () => {
    busy = settling = false;
    if (desk()) desk().setAttribute("aria-busy", "false");
    obeyKept();
  };
  document.addEventListener("htmx:beforeRequest", () => {
    busy = true;
    if (desk()) desk().setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail.xhr;
    if (/id="(desk|bulk-progress)"/.test(answer.responseText) && !answer.responseText.includes("<html")) {
      event.detail.shouldSwap = true; // a refusal comes with the card it speaks of
      event.detail.isError = false;
      settling = true; // its forms are no ordinary ones only from then on
    } else if (answer.status !== 0) {
      event.detail.shouldSwap = false; // signed out, or something broke: the whole page says what
      window.location.reload();
    }
  });
  document.addEventListener("htmx:afterRequest", () => { if (!settling) rest(); });
  document.addEventListener("htmx:afterSettle", rest);
  document.addEventListener("htmx:sendError", () => {
    kept = "";
    say("That did not reach the network. Try again.");
  });
  document.addEventListener("htmx:afterSwap", () => {
    shownAt = performance.now();
    const focus = document.querySelector("#desk [data-focus]");
    if (focus) focus.focus({ preventScroll: true });
    if (card()) window.scrollTo({ top: 0 });
    document.querySelectorAll("#desk img[data-picture]").forEach((picture) => {
      if (picture.complete && !picture.naturalWidth && picture.loading !== "lazy") gone(picture);
    });
  });
})();
