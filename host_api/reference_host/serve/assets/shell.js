// SPDX-License-Identifier: Apache-2.0
// Makes the page quicker: sends its forms without leaving it, brings what is new by itself, and adds keys. Everything works
// without this file, only with a new page each time. Texts and addresses come from the page; nothing is written as HTML
// here but what the server sent, parsed as a document in which no script runs.
"use strict";

(() => {
  const body = document.body;
  const text = (name) => body.dataset["text" + name] || "";
  const REGIONS = ["header.top", "#menu-entries", "main#centre", "aside[data-panel]", "#dialogs"];
  let pending = 0;       // answers waited for, whoever asked
  let pressed = 0;       // of them, what a person asked for
  let pointer = false;   // a button is held down: nothing under it is taken away
  let background = null; // what the page asks by itself; a person's request ends it
  let typed = false;
  let unsaved = false;   // what was typed is in a question about it, a task, or a form that was refused: nowhere else
  let told = 0;          // when the server was told that somebody types
  let leaving = false;   // nobody is asked any more: the page is locked, over, or left on purpose

  // ---- waiting ----

  function busy(step) {
    pending += step;
    if (pending > 0) {
      body.dataset.busy = "";
    } else {
      delete body.dataset.busy;
    }
    const main = document.querySelector("main#centre");
    if (main) {
      main.setAttribute("aria-busy", String(pending > 0));
    }
  }

  // ---- changing parts of the page ----

  function keepOpenDetails(from, to) {
    from.querySelectorAll("details[open]").forEach((open) => {
      const label = open.querySelector("summary").textContent;
      to.querySelectorAll("details").forEach((candidate) => {
        if (candidate.querySelector("summary").textContent === label) {
          candidate.open = true;
        }
      });
    });
  }

  function focusKey(element) {
    if (!element || element === body) {
      return null;
    }
    for (const name of ["id", "data-command", "data-action", "data-page", "name"]) {
      const value = element.getAttribute(name);
      if (value) {
        return "[" + name + "=" + CSS.escape(value) + "]";
      }
    }
    return null;
  }

  /// A file may be chosen in it already.
  function sameQuestion(before, after) {
    const [was, is] = [before, after].map((region) => region.querySelector("dialog[data-file-chooser]"));
    return was && is && was.dataset.fileChooser === is.dataset.fileChooser;
  }

  function replaceRegion(fresh, selector) {
    const before = document.querySelector(selector);
    const after = fresh.querySelector(selector);
    if (!before || !after || (selector === "#dialogs" && sameQuestion(before, after))) {
      return;
    }
    const scroll = before.scrollTop;
    const focus = before.contains(document.activeElement) ? focusKey(document.activeElement) : null;
    if (selector.startsWith("aside")) {
      keepOpenDetails(before, after);
    }
    before.replaceWith(after);
    after.scrollTop = scroll;
    if (focus && !selector.startsWith("main")) {
      const again = after.querySelector(focus);
      if (again) {
        again.focus();
      }
    }
  }

  /// Shows what the server sent; only the named regions when some are named.
  ///
  /// `keeps`: an action beside the form in front, which stays as it was typed if the answer shows the same one.
  function show(html, regions, keeps) {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    if (!fresh.body.classList.contains("shell")) {
      // Locked, logged out, or refused: that is a page of its own.
      leave();
      return;
    }
    const before = document.querySelector("main#centre");
    const was = before ? before.dataset.viewId + before.dataset.viewKind : "";
    const next = fresh.querySelector("main#centre");
    if (keeps && typed && !regions && before && next && before.dataset.viewId &&
        before.dataset.viewId === next.dataset.viewId) {
      regions = REGIONS.filter((region) => region !== "main#centre");
    }
    const flash = next && next.querySelector("[data-flash]");
    if ((typed || unsaved) && !regions && flash && flash.textContent.trim() === text("Gone")) {
      // Another window of this login went on. What is typed here is nowhere else.
      regions = REGIONS.filter((region) => region !== "main#centre");
      lost(text("GoneTyped"));
    }
    (regions || REGIONS).forEach((selector) => replaceRegion(fresh, selector));
    document.title = fresh.title;
    if (!regions) {
      // The menu is whole again, so nothing stands in its search field.
      document.querySelector("input[name=menu-search]").value = "";
    }
    enhance(document);
    const main = document.querySelector("main#centre");
    if (!regions || regions.includes("main#centre")) {
      unsaved = "unsaved" in main.dataset ||
          ((typed || unsaved) && (["progress", "confirm"].includes(main.dataset.viewKind) ||
              main.querySelector("form[data-form] [aria-invalid=true], form[data-form] [data-form-error]") !== null));
      typed = false;
      closeSuggestions();
      if (looking) {
        goOnLooking(main);
        return;
      }
      settleFocus(main, main.dataset.viewId + main.dataset.viewKind !== was);
    }
  }

  function settleFocus(main, changed) {
    const wanted = main.querySelector("[data-form-error][tabindex]") || main.querySelector("[aria-invalid=true]") ||
                   main.querySelector("[autofocus]") || (changed ? main.querySelector("#view-title") : null);
    if (wanted && !document.querySelector("dialog[open]")) {
      wanted.focus({ preventScroll: false });
    }
    if (changed) {
      window.scrollTo(0, 0);
      say(main.querySelector("#view-title") ? main.querySelector("#view-title").textContent : "");
    }
  }

  function say(sentence) {
    const live = document.getElementById("live");
    if (live) {
      live.textContent = sentence;
    }
  }

  async function fetchPage(address, options, regions) {
    busy(1);
    try {
      const response = await fetch(address, { credentials: "same-origin", ...options });
      const html = await response.text();
      if (response.redirected && new URL(response.url).pathname === "/login") {
        location.assign(response.url);
        return;
      }
      if (!response.ok) {
        // A refusal is a page with a sentence: show it as the page.
        const refused = new DOMParser().parseFromString(html, "text/html");
        const sentence = refused.querySelector("main");
        if (sentence) {
          lost(sentence.innerText.trim().split("\n").slice(0, 3).join(" "));
        }
        return;
      }
      if (options.signal) {
        if (pointer) {
          refresh(regions);
          return;
        }
        // What was typed while the answer was on its way stays, too.
        regions = regions.filter((region) => region !== "main#centre" || !typed);
      }
      lost("");
      show(html, regions, options.keeps);
    } catch (error) {
      if (error.name !== "AbortError") {
        lost(text("Connection"));
      }
    } finally {
      busy(-1);
    }
  }

  /// To the page that stands there instead of this one. What is typed goes: a locked page shows nothing of it.
  function leave() {
    leaving = true;
    location.assign("/");
  }

  /// Something was typed that is nowhere else.
  function wouldLose() {
    const running = document.querySelector("main#centre")?.dataset.viewKind === "progress";  // goes on without us
    return typed || (unsaved && !running);
  }

  /// Somebody who types asks the server for nothing, and would be locked out in the middle of a letter.
  function tellTyping() {
    const now = Date.now();
    if (now - told > 5000) {
      told = now;
      fetch("/typing", { credentials: "same-origin" }).catch(() => {});
    }
  }

  function lost(sentence) {
    let box = document.querySelector(".lost");
    if (!sentence) {
      if (box) {
        box.remove();
      }
      return;
    }
    if (!box) {
      box = document.createElement("div");
      box.className = "box bad lost";
      box.setAttribute("role", "alert");
      body.append(box);
    }
    box.textContent = sentence;
  }

  // ---- forms ----

  function tooLarge(form) {
    const limit = Number(body.dataset.uploadLimit);
    let total = 0;
    form.querySelectorAll("input[type=file]").forEach((input) => {
      for (const file of input.files) {
        total += file.size;
      }
    });
    return total > limit;
  }

  // ---- looking for rows while typing ----

  let lookTimer = 0;
  let looking = null;  // what stood in the field, and where, when the rows were asked for

  function lookFor(input) {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(() => {
      if (input.isConnected) {
        looking = input;
        input.form.requestSubmit();
      }
    }, 250);
  }

  /// The rows are new, the field is a new one too: what was typed meanwhile and where goes over into it.
  function goOnLooking(main) {
    const before = looking;
    looking = null;
    const input = main.querySelector("#table-search");
    if (!input) {
      settleFocus(main, true);
      return;
    }
    const shown = input.value;
    input.value = before.value;
    input.focus({ preventScroll: true });
    input.setSelectionRange(before.selectionStart, before.selectionEnd);
    const count = main.querySelector("[data-count], [data-empty]");
    say(count ? count.textContent : "");
    if (before.value !== shown) {
      lookFor(input);
    }
  }

  // ---- suggestions for a field (a combobox with a list, WAI-ARIA 1.2) ----

  let suggestTimer = 0;
  let suggesting = null;  // the request on its way

  function closeSuggestions() {
    clearTimeout(suggestTimer);
    if (suggesting) {
      suggesting.abort();
      suggesting = null;
    }
    const box = document.getElementById("suggestions");
    if (box) {
      box.remove();
    }
    document.querySelectorAll("[data-suggest]").forEach((input) => {
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    });
  }

  function suggestFor(input) {
    clearTimeout(suggestTimer);
    suggestTimer = setTimeout(() => askSuggestions(input), 180);
  }

  async function askSuggestions(input) {
    if (suggesting) {
      suggesting.abort();
    }
    const mine = suggesting = new AbortController();
    const typedText = input.value;
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(input.form)) {
      const field = input.form.elements.namedItem(name);
      if (typeof value === "string" && name !== input.name && !(field && field.type === "password")) {
        data.append(name, value);
      }
    }
    data.append("_field", input.dataset.suggest);
    data.append("_text", typedText);
    try {
      const response = await fetch("/suggest", { method: "POST", body: data, signal: mine.signal, credentials: "same-origin" });
      const html = response.status === 200 ? await response.text() : "";
      if (mine.signal.aborted || !input.isConnected || input.value !== typedText || document.activeElement !== input) {
        return;
      }
      suggesting = null;
      showSuggestions(input, html);
    } catch (error) {
      // No suggestions, then: the field takes what is typed.
    }
  }

  function showSuggestions(input, html) {
    closeSuggestions();
    const box = new DOMParser().parseFromString(html, "text/html").getElementById("suggestions");
    if (!box || box.textContent.trim() === "") {
      return;
    }
    input.after(box);
    const options = box.querySelectorAll("[role=option]");
    input.setAttribute("aria-expanded", String(options.length > 0));
    say(options.length > 0 ? text("Suggestions") + options.length : box.textContent.trim());
    // The pointer must not take the focus away before the click is there.
    box.addEventListener("pointerdown", (event) => event.preventDefault());
    box.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) {
        takeSuggestion(input, option);
      }
    });
  }

  function takeSuggestion(input, option) {
    input.value = option.dataset.value;
    typed = true;
    closeSuggestions();
    input.focus();
  }

  function moveInSuggestions(input, step) {
    const options = [...document.querySelectorAll("#suggestions [role=option]")];
    if (options.length === 0) {
      suggestFor(input);
      return;
    }
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = (at + step + options.length + (at < 0 && step < 0 ? 1 : 0)) % options.length;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === next)));
    options[next].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[next].id);
  }

  /// True if the key was for the list.
  function suggestionKey(input, event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      moveInSuggestions(input, event.key === "ArrowDown" ? 1 : -1);
      return true;
    }
    const chosen = document.querySelector("#suggestions [aria-selected=true]");
    if (event.key === "Enter" && chosen) {
      takeSuggestion(input, chosen);
      return true;
    }
    if (event.key === "Escape" && document.getElementById("suggestions")) {
      closeSuggestions();
      return true;
    }
    return false;
  }

  // ---- folded buttons ----

  function closeFolds(but) {
    document.querySelectorAll("details[data-more][open]").forEach((fold) => {
      if (fold !== but) {
        fold.open = false;
      }
    });
  }

  // ---- chosen files ----

  function showFiles(input) {
    const line = input.parentElement.querySelector("[data-file-names]");
    if (line) {
      line.textContent = [...input.files].map((file) => file.name).join("\n") || line.dataset.fileNames;
      line.classList.toggle("muted", input.files.length === 0);
    }
  }

  function send(form, submitter) {
    if (tooLarge(form)) {
      lost(text("TooLarge"));
      return;
    }
    const data = new FormData(form);
    if (submitter && submitter.name) {
      data.append(submitter.name, submitter.value);
    }
    const multipart = form.enctype === "multipart/form-data";
    if (background) {
      background.abort();  // the answer to come shows everything
    }
    pressed += 1;
    const action = form.getAttribute("action");
    fetchPage(action, { method: "POST", body: multipart ? data : new URLSearchParams(data), keeps: action !== "/act" })
        .finally(() => { pressed -= 1; });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!body.classList.contains("shell")) {
      return;
    }
    if (form.classList.contains("search")) {
      event.preventDefault();
      openFirst(form.querySelector("input[name=menu-search]").value);
      return;
    }
    const path = form.getAttribute("action");
    if (form.method !== "post") {
      return;
    }
    const outside = path === "/logout" || path === "/lock";
    const leaves = outside || path === "/command" || path === "/front" || path === "/close" || path === "/release" || path === "/result" ||
                   (event.submitter && "closes" in event.submitter.dataset);
    if (leaves && wouldLose() && !window.confirm(text("Unsaved"))) {
      event.preventDefault();
      return;
    }
    if (outside) {
      leaving = true;
      return;
    }
    event.preventDefault();
    if (pressed > 0 && path === "/act") {
      return;  // pressed twice
    }
    send(form, event.submitter);
  });

  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-form]")) {
      typed = true;
      tellTyping();
    }
    if (event.target.name === "menu-search") {
      search(event.target.value);
    }
    if (event.target.matches("[data-as-you-type]")) {
      lookFor(event.target);
    }
    if (event.target.matches("[data-suggest]")) {
      suggestFor(event.target);
    }
    const rules = event.target.id ? document.querySelector("[data-rules-for=" + CSS.escape(event.target.id) + "]") : null;
    if (rules) {
      showRules(rules, event.target.value);
    }
  });

  // Loading the page again, closing its tab: the browser asks in its own words.
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && wouldLose()) {
      event.preventDefault();
      event.returnValue = true;
    }
  });

  document.addEventListener("pointerdown", () => { pointer = true; });
  for (const end of ["pointerup", "pointercancel", "dragend"]) {
    // After the click that follows.
    document.addEventListener(end, () => setTimeout(() => { pointer = false; }, 0));
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-file-input]")) {
      showFiles(event.target);
    }
    if (event.target.name === "patient") {
      event.target.form.requestSubmit();
    }
  });

  // ---- new passwords: the rules while typing ----

  function showRules(box, password) {
    const count = (pattern) => (password.match(pattern) || []).length;
    const length = [...password].length;
    const met = {
      length: (least) => length >= least,
      max: (most) => length > 0 && length <= most,
      capitals: (least) => count(/[A-Z]/g) >= least,
      small: (least) => count(/[a-z]/g) >= least,
      digits: (least) => count(/[0-9]/g) >= least,
    };
    box.querySelectorAll("[data-rule]").forEach((item) => {
      item.toggleAttribute("data-met", met[item.dataset.rule](Number(item.dataset.least)));
    });
    const meter = box.querySelector("[data-strength]");
    if (meter) {
      meter.value = length === 0 ? 0 : 1 + passwordStrength(password);
      const word = box.querySelector("[data-strength-word]");
      const words = word.dataset.strengthWord.split("|");
      word.textContent = words[meter.value];
    }
  }

  // ---- menu search ----

  let searchTimer = 0;
  function search(query) {
    clearTimeout(searchTimer);
    searchTimer = setTimeout(() => find(query), 90);
  }

  async function find(query) {
    clearTimeout(searchTimer);
    try {
      const response = await fetch("/?menu-search=" + encodeURIComponent(query), { headers: { "X-Background": "1" } });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      const input = document.querySelector("input[name=menu-search]");
      if (input && input.value === query) {
        replaceRegion(fresh, "#menu-entries");
      }
    } catch (error) {
      lost(text("Connection"));
    }
  }

  /// Enter in the search field: the list may be older than what was typed.
  async function openFirst(query) {
    await find(query);
    const first = document.querySelector("#menu-entries [data-command]:not([disabled])");
    if (query.trim() && first) {
      first.click();
    }
  }

  function moveInMenu(step) {
    const entries = [...document.querySelectorAll("#menu-entries [data-command]:not([disabled])")];
    const at = entries.indexOf(document.activeElement);
    const next = entries[at + step];
    if (next) {
      next.focus();
    } else if (step < 0) {
      document.querySelector("input[name=menu-search]").focus();
    }
  }

  // ---- keys ----

  document.addEventListener("keydown", (event) => {
    const input = document.querySelector("input[name=menu-search]");
    const writing = event.target.closest("input, textarea, select");
    if (event.target.matches("[data-suggest]") && suggestionKey(event.target, event)) {
      event.preventDefault();
      return;
    }
    const fold = event.target.closest("details[data-more][open]");
    if (fold && event.key === "Escape") {
      event.preventDefault();
      fold.open = false;
      fold.querySelector("summary").focus();
      return;
    }
    if (input && ((event.ctrlKey && event.key.toLowerCase() === "k") || (event.key === "/" && !writing))) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.target === input && event.key === "Escape") {
      input.value = "";
      search("");
    } else if (event.key === "ArrowDown" && (event.target === input || event.target.closest("#menu-entries"))) {
      event.preventDefault();
      moveInMenu(1);
    } else if (event.key === "ArrowUp" && event.target.closest("#menu-entries")) {
      event.preventDefault();
      moveInMenu(-1);
    } else if (event.key === "F1") {
      const help = document.querySelector("details[data-help]");
      if (help) {
        event.preventDefault();
        help.open = !help.open;
      }
    }
  });

  document.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-suggest]")) {
      closeSuggestions();
    }
  });

  document.addEventListener("click", (event) => {
    closeFolds(event.target.closest("details[data-more]"));
    const reveal = event.target.closest("[data-reveal]");
    if (reveal) {
      const input = document.getElementById(reveal.dataset.reveal);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      reveal.setAttribute("aria-pressed", String(!shown));
      reveal.textContent = shown ? text("Show") : text("Hide");
      return;
    }
    // A click on a row does what its first button does.
    const row = event.target.closest("tr[data-row-id]");
    if (row && !event.target.closest("button, a, input, label, summary") && !window.getSelection().toString()) {
      const first = row.querySelector("button[data-action]:not([disabled])");
      if (first) {
        first.click();
      }
    }
  });

  // ---- what comes by itself ----

  let refreshTimer = 0;
  let newest = 0;      // version of the centre the server told of
  let stale = false;   // events were missed
  const wanted = new Set();
  function upToDate() {
    const main = document.querySelector("main#centre");
    return main && !stale && Number(main.dataset.version) >= newest;
  }
  function refresh(regions) {
    regions.forEach((region) => wanted.add(region));
    clearTimeout(refreshTimer);
    refreshTimer = setTimeout(() => {
      if (pending > 0 || pointer) {
        refresh([]);
        return;
      }
      // What somebody is typing is not taken away, and what is there already is not drawn again.
      const searching = document.querySelector("input[name=menu-search]").value !== "";
      const list = [...wanted].filter((region) => (region !== "main#centre" || !(typed || upToDate())) &&
                                                  (region !== "#menu-entries" || !searching));
      wanted.clear();
      stale = false;
      if (list.length > 0) {
        background = new AbortController();
        fetchPage("/", { headers: { "X-Background": "1" }, signal: background.signal }, list)
            .finally(() => { background = null; });
      }
    }, 60);
  }

  function progress(data) {
    const bars = document.querySelectorAll("[data-job-bar=\"" + CSS.escape(data.job) + "\"], [data-progress-bar=\"" +
                                           CSS.escape(data.job) + "\"]");
    bars.forEach((bar) => {
      if (data.permille >= 0) {
        bar.value = data.permille;
      } else {
        bar.removeAttribute("value");
      }
    });
    document.querySelectorAll("[data-job-text=\"" + CSS.escape(data.job) + "\"], [data-progress-text=\"" +
                              CSS.escape(data.job) + "\"]").forEach((line) => {
      line.textContent = data.text;
    });
  }

  function listen() {
    // From where this page was drawn: nothing is missed in between.
    const events = new EventSource("/events?seen=" + body.dataset.eventsSeen);
    events.addEventListener("hello", () => {
      body.dataset.live = "";
      lost("");
    });
    events.addEventListener("progress", (event) => progress(JSON.parse(event.data)));
    events.addEventListener("centre", (event) => {
      newest = Math.max(newest, JSON.parse(event.data).version);
      refresh(["main#centre", "aside[data-panel]", "#menu-entries", "#dialogs"]);
    });
    events.addEventListener("context", () => refresh(["aside[data-panel]"]));
    events.addEventListener("dialog", () => refresh(["#dialogs"]));
    events.addEventListener("page", () => {
      stale = true;
      refresh(REGIONS);
    });
    events.addEventListener("locked", () => leave());
    events.addEventListener("over", () => {
      events.close();
      setTimeout(() => leave(), 300);
    });
    events.addEventListener("error", () => {
      delete body.dataset.live;
      lost(text("Connection"));
      if (events.readyState === EventSource.CLOSED) {
        // Refused: the session is over or locked, and the page will say so.
        setTimeout(() => leave(), 2000);
      }
    });
  }

  // ---- begin ----

  function enhance(root) {
    root.querySelectorAll("[data-suggest]").forEach((input) => {
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-autocomplete", "list");
      input.setAttribute("aria-expanded", "false");
      input.setAttribute("aria-controls", "suggestion-list");
    });
    root.querySelectorAll("[data-reveal][hidden]").forEach((button) => button.removeAttribute("hidden"));
    root.querySelectorAll("dialog[data-file-chooser]").forEach((dialog) => {
      if (!dialog.matches(":modal")) {
        dialog.removeAttribute("open");
        dialog.showModal();
      }
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        dialog.querySelector("[data-file-cancel]").click();
      });
    });
  }

  enhance(document);
  unsaved = document.querySelector("main#centre[data-unsaved]") !== null;
  if (body.classList.contains("shell")) {
    listen();
  }
  body.dataset.enhanced = "";
})();
