// What the pages do beyond plain HTML: times that keep running, keys, how long a proposal was looked at, and the state
// of the live connection. Every page works without it.

"use strict";

(() => {
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // Times. The words are those of `web/words.rs`.

  const days = (secs) => {
    const number = Math.floor(secs / 86400);
    return number === 1 ? "1 day" : `${number} days`;
  };

  const span = (secs) => {
    if (secs < 60) return "under a minute";
    if (secs < 3600) return `${Math.floor(secs / 60)} min`;
    if (secs >= 86400) return days(secs);
    const hours = Math.floor(secs / 3600);
    const minutes = Math.floor((secs % 3600) / 60);
    return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  };

  const ago = (secs, at) => {
    if (secs < 45) return "just now";
    if (secs < 3570) return `${Math.round(secs / 60)} min ago`;
    if (secs < 86400) return `${Math.round(secs / 3600)} h ago`;
    if (secs < 604800) return `${days(secs)} ago`;
    return at.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
  };

  const until = (secs) => (secs < 0 ? `${span(-secs)} over` : `in ${span(secs)}`);

  const runTimes = () => {
    const now = Date.now();
    for (const time of $$("time[data-ago], time[data-until]")) {
      const at = new Date(time.dateTime);
      const past = (now - at) / 1000;
      const words = "ago" in time.dataset ? ago(past, at) : until(-past);
      if (time.textContent !== words) time.textContent = words;
      time.title = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    }
  };

  // Attention: how long the open proposal was in view, and whether its conversation was. It goes along with the
  // decision, and is shown to whoever decided.

  const READY_AFTER_MS = 1200;

  const attention = () => {
    const article = $("#proposal[data-proposal]");
    if (!article) return null;
    const key = `seen ${article.dataset.proposal}`;
    const kept = JSON.parse(sessionStorage.getItem(key) ?? '{"ms":0,"thread":false}');
    const state = { ...kept, here: 0 };
    const inView = () => !document.hidden && article.offsetParent !== null;
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      // A step longer than a few seconds is a machine that slept, not a person who read.
      if (inView()) {
        state.ms += Math.min(now - last, 2000);
        state.here += Math.min(now - last, 2000);
      }
      last = now;
      sessionStorage.setItem(key, JSON.stringify({ ms: state.ms, thread: state.thread }));
    }, 250);

    const opened = () => { state.thread = true; };
    const folded = $("details[data-thread]", article);
    folded?.addEventListener("toggle", () => folded.open && opened());
    const words = $("[data-inbound]", article);
    if (!folded && words) {
      // Nothing is folded: the conversation counts as opened once its words have come into view.
      new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && opened(), { threshold: 0.5 }).observe(words);
    }
    return state;
  };

  let looked = null;

  // Forms: sent once, with how it was looked at; text that was typed is not lost by leaving.

  let typed = false;

  const beforeSending = (event) => {
    const form = event.target;
    if (!("decision" in form.dataset)) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    typed = false;
    if (looked && form.elements.seen_ms) {
      form.elements.seen_ms.value = String(Math.round(looked.ms));
      form.elements.thread_opened.value = looked.thread ? "yes" : "";
    }
    // Only afterwards: a disabled button does not send its own value.
    setTimeout(() => $$("button[type=submit]", form).forEach((button) => { button.disabled = true; }));
  };

  const afterReturning = (event) => {
    if (!event.persisted) return;
    for (const form of $$("form[data-sent]")) {
      delete form.dataset.sent;
      $$("button[type=submit]", form).forEach((button) => { button.disabled = false; });
    }
  };

  // Keys.

  const isTyping = (target) => target.closest?.("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

  const isThere = (element) => element.offsetParent !== null && !element.disabled;

  const step = (by) => {
    const links = $$(".queue a, .rows a");
    if (links.length === 0) return;
    const open = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const focused = links.indexOf(document.activeElement);
    const desk = $(".queue");
    const from = desk ? open : focused;
    const to = links[Math.max(0, Math.min(links.length - 1, from + by))];
    if (desk && to !== links[open]) to.click();
    else to.focus();
  };

  const say = (words) => { const voice = $("#voice"); if (voice) voice.textContent = words; };

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.key !== "Escape" && isTyping(event.target)) return;
    if (event.key === "?") { $("#keys")?.togglePopover(); event.preventDefault(); return; }
    if ($("#keys:popover-open")) return;
    if (event.key === "j" || event.key === "k") { step(event.key === "j" ? 1 : -1); event.preventDefault(); return; }
    const target = $$(`[data-key="${CSS.escape(event.key)}"]`).find(isThere);
    if (!target) return;
    event.preventDefault();
    if (event.key === "a" && (looked?.here ?? 0) < READY_AFTER_MS) {
      // Whoever presses twice in a row does not approve what they have not seen.
      target.focus();
      say("Look at it first, then press a again to approve.");
      return;
    }
    target.click();
    if (target.matches("summary")) $("textarea", target.parentElement)?.focus();
  };

  const focusForm = () => {
    const form = document.getElementById(location.hash.slice(1));
    if (!form?.matches(".decide-form")) return;
    const field = $("input[type=radio]", form) ?? $("textarea", form);
    field?.focus();
  };

  // The live connection, in a word and a dot.

  const live = (state, words) => {
    const sign = $(".live");
    if (!sign || sign.dataset.live === state) return;
    sign.dataset.live = state;
    $(".live-word", sign).textContent = words;
    sign.title = words;
  };

  const start = () => {
    runTimes();
    setInterval(runTimes, 15000);
    looked = attention();

    document.addEventListener("keydown", onKey);
    document.addEventListener("submit", beforeSending);
    addEventListener("pageshow", afterReturning);
    addEventListener("hashchange", focusForm);
    focusForm();

    document.addEventListener("input", (event) => { if (event.target.closest("[data-typed]")) typed = true; });
    addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-filters] select")) event.target.form.requestSubmit();
    });

    for (const button of $$("[data-copy]")) {
      button.hidden = !navigator.clipboard;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(button.closest("section").querySelector("pre").textContent);
        button.textContent = "Copied";
      });
    }

    document.addEventListener("htmx:after:swap", runTimes);
    document.addEventListener("htmx:sse:after:connection", () => live("on", "Live"));
    document.addEventListener("htmx:sse:close", () => live("off", "Not live"));
    document.addEventListener("htmx:sse:error", () => live("off", "Not live, trying again"));
    document.addEventListener("htmx:response:error", (event) => {
      if (event.detail.ctx?.response?.status === 401) $("#signed-out").hidden = false;
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
