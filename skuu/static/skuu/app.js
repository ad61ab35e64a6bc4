/* The portal's own script: theme, CSRF for htmx, confirmations, copying, double clicks, pictures that are gone. */
(() => {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const paint = () => root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light");
  paint();
  dark.addEventListener("change", paint);

  const say = (text) => {
    const live = document.getElementById("live");
    if (live) live.textContent = text;
  };

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  const failed = () => {
    const box = document.getElementById("trouble");
    if (!box) return;
    box.hidden = false;
    say(box.textContent.trim());
  };
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);
  document.addEventListener("htmx:afterOnLoad", () => {
    const box = document.getElementById("trouble");
    if (box) box.hidden = true;
  });

  const ask = (form, submitter) => {
    const dialog = document.getElementById("confirm");
    const source = submitter && submitter.dataset.confirm ? submitter : form;
    dialog.querySelector("[data-confirm-text]").textContent = source.dataset.confirm;
    dialog.querySelector("[data-confirm-yes]").textContent = source.dataset.confirmYes || "Yes, go on";
    dialog.addEventListener("close", () => {
      if (dialog.returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter || undefined);
    }, { once: true });
    dialog.returnValue = "";
    dialog.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const wants = form.dataset.confirm || (event.submitter && event.submitter.dataset.confirm);
    if (wants && form.dataset.confirmed !== "yes" && document.getElementById("confirm")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(form, event.submitter);
      return;
    }
    delete form.dataset.confirmed;
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      form.setAttribute("aria-busy", "true");
    }
  }, true);
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = document.getElementById(copy.dataset.copy);
      const done = () => { copy.querySelector("[data-copy-label]").textContent = copy.dataset.copied; say(copy.dataset.copied); };
      if (navigator.clipboard) navigator.clipboard.writeText(text.textContent.trim()).then(done);
      else { window.getSelection().selectAllChildren(text); document.execCommand("copy"); done(); }
    }
  });

  document.addEventListener("error", (event) => {
    if (event.target.matches && event.target.matches("img[data-picture]")) event.target.classList.add("is-gone");
  }, true);
})();
