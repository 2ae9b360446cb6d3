// Shows what others change without a reload. A part in which somebody fills in a form, or has the focus, is never
// replaced: it stays until they are done, and a sentence says that the page has changed meanwhile. Without this file
// every page works as it does with it; where the stream is refused, the page stays as it is.

const main = document.querySelector("main[data-live]");
if (main && "EventSource" in window) watch(main.dataset.live);

// A form that is sent as soon as its file is chosen, or dropped on it; with something else unfolded, by its button.
for (const form of document.querySelectorAll("form[data-sends]")) {
  const file = form.elements[form.dataset.sends];
  const send = () => { if (file.files.length && !form.querySelector("details[open]")) form.requestSubmit(); };
  file.addEventListener("change", send);
  file.insertAdjacentElement("afterend", Object.assign(document.createElement("p"), { className: "hint", textContent: form.dataset.hint }));
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) { file.files = event.dataTransfer.files; send(); }
  });
}

// Beside a slider stands what it is set to, while it moves.
for (const slider of document.querySelectorAll("input[data-said-in]")) {
  slider.addEventListener("input", () => {
    const said = [...slider.list.options].find((option) => option.value === slider.value)?.label ?? slider.value;
    document.getElementById(slider.dataset.saidIn).textContent = said;
    slider.setAttribute("aria-valuetext", said);
  });
}

// What a browser fills in again after Back is seen at once.
window.addEventListener("pageshow", () => {
  for (const folded of document.querySelectorAll("details.act:not([open])")) {
    if ([...folded.querySelectorAll("input, textarea, select")].some(typedByHand)) folded.open = true;
  }
});

// A department or a resource that is chosen by its code has its name, and the other way round.
for (const field of document.querySelectorAll("input[data-pairs]")) {
  field.addEventListener("change", () => {
    const other = field.form.elements[field.dataset.pairs];
    const chosen = [...field.list.options].find((option) => option.value === field.value.trim());
    if (chosen && other) other.value = chosen.dataset.brings;
  });
}

// Papers that are chosen in a form: which they are stands below, and too many or too large ones are told before they
// are on their way.
for (const form of document.querySelectorAll("form[data-papers]")) {
  const { most, each, together, tooMany, tooLarge } = form.dataset;
  const choosers = [...form.querySelectorAll("input[type=file]")];
  for (const chooser of choosers) {
    const list = Object.assign(document.createElement("ul"), { className: "chosen hint" });
    chooser.parentElement.insertAdjacentElement("afterend", list);
    chooser.addEventListener("change", () => {
      const chosen = choosers.flatMap((one) => [...one.files]);
      const sizes = chosen.map((file) => file.size);
      const over = sizes.some((size) => size > each) || sizes.reduce((all, size) => all + size, 0) > together;
      const wrong = chosen.length > most ? tooMany : over ? tooLarge : "";
      for (const one of choosers) one.setCustomValidity(one.files.length > 0 ? wrong : "");
      list.replaceChildren(...[...chooser.files].map((file) => Object.assign(document.createElement("li"), { textContent: `${file.name} (${Math.ceil(file.size / 1024)} KB)` })));
      if (wrong) chooser.reportValidity();
    });
  }
}

// Whoever reads on in the other language keeps what is typed: it is sent to where it is kept before, if there is such a
// place, or else its writer is asked.
const language = document.querySelector("form[data-language]");
language?.addEventListener("submit", async (event) => {
  const filled = [...document.querySelectorAll("main form")].find((form) => [...form.elements].some(typedByHand));
  if (!filled) return;
  if (!filled.dataset.keptAt) { if (!confirm(language.dataset.lost)) event.preventDefault(); return; }
  event.preventDefault();
  const chosen = Object.assign(document.createElement("input"), { type: "hidden", name: "language", value: event.submitter.value });
  const kept = await fetch(filled.dataset.keptAt, { method: "POST", body: new FormData(filled) }).catch(() => null);
  if (!kept?.ok && !confirm(language.dataset.lost)) return;
  if (kept?.ok) language.elements.back.value = filled.dataset.keptPage + new URL(kept.url).search;
  language.append(chosen);
  language.submit();
});

// While a button of the mouse is down nothing is shown: what is under it must not move, or the click would be lost.
let pressed = null; // what is waited for until it is up again
document.addEventListener("pointerdown", () => {
  const up = (name) => new Promise((over) => document.addEventListener(name, () => setTimeout(over), { once: true }));
  pressed = Promise.race([up("pointerup"), up("pointercancel")]);
}, true);

function watch(address) {
  let stream = null; // only while the tab is in sight: a browser has few connections to one address
  let before = false; // whether there was a stream before: what happened since is not known
  let asking = false;
  let again = false;
  let waiting = [];
  let ended = false; // the session is over: nothing is asked any more, and what is typed stays

  function listen() {
    if (stream || ended || document.hidden) return;
    stream = new EventSource(address);
    stream.addEventListener("open", () => { if (before) changed(); before = true; });
    stream.addEventListener("changed", changed);
    stream.addEventListener("ended", () => { ended = true; leave(); tell("ended"); });
  }

  function leave() {
    stream?.close();
    stream = null;
  }

  async function changed() {
    again = asking;
    if (asking || ended) return;
    asking = true;
    do {
      again = false;
      const fresh = await asked();
      await pressed;
      if (fresh && !ended) show(fresh);
    } while (again);
    asking = false;
  }

  function show(fresh) {
    waiting = [];
    for (const part of main.querySelectorAll("[data-part]")) {
      const newer = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
      if (!newer) continue;
      if (inUse(part)) waiting.push(part);
      else part.replaceWith(unfolded(document.adoptNode(newer), part));
    }
    tell(waiting.length > 0 ? "said" : null);
  }

  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); else listen(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", listen);
  main.addEventListener("focusout", () => setTimeout(() => { if (waiting.some((part) => !inUse(part))) changed(); }));
  listen();
}

// The page as it is now; null where it cannot be had, or leads elsewhere: to whoever signed out, say.
async function asked() {
  try {
    const answer = await fetch(location.href, { redirect: "error", headers: { "Shareflow-Live": "1" } });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function inUse(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open] form") !== null
    || [...part.querySelectorAll("input, textarea, select")].some(typedByHand);
}

function typedByHand(field) {
  return field.matches("input:not([type=hidden]), textarea, select") && typedInto(field);
}

function typedInto(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  const preset = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(preset, 0);
}

// A part as it comes, with what is unfolded in the one that it replaces.
function unfolded(newer, part) {
  const open = new Set([...part.querySelectorAll("details[open] > summary")].map((summary) => summary.textContent));
  for (const summary of newer.querySelectorAll("details > summary")) {
    if (open.has(summary.textContent)) summary.parentElement.open = true;
  }
  return newer;
}

function tell(word) {
  const told = document.getElementById("live");
  told.textContent = word ? told.dataset[word] : "";
}
