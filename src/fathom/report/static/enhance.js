// What the page gains with script: values spoken and shown by pointer or arrow keys, copying, a choice of theme.

/** @param {string} name @param {string} text @param {string} look */
function make(name, text, look) {
  const element = document.createElement(name);
  element.textContent = text;
  if (look) element.className = look;
  return element;
}

/** @param {Element} mark */
function words(mark) {
  const title = mark.querySelector("title");
  return title ? title.textContent : mark.getAttribute("title") || "";
}

/** Walk through the marks of one figure. @param {Element} stage */
function walk(stage) {
  const marks = [...stage.querySelectorAll(".mark")];
  if (!marks.length) return;
  const readOut = make("output", "", "read-out");
  readOut.setAttribute("aria-live", "polite");
  stage.after(readOut);
  let current = -1;
  const show = (place) => {
    if (current >= 0) marks[current].classList.remove("on");
    current = place;
    if (current >= 0) marks[current].classList.add("on");
    readOut.textContent = current >= 0 ? words(marks[current]) : "";
  };
  const keys = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  stage.setAttribute("tabindex", "0");
  stage.addEventListener("pointerover", (event) => {
    const mark = event.target.closest(".mark");
    if (mark) show(marks.indexOf(mark));
  });
  stage.addEventListener("focus", () => {
    if (current < 0) readOut.textContent = "Arrow keys walk through the values.";
  });
  stage.addEventListener("blur", () => show(-1));
  stage.addEventListener("keydown", (event) => {
    const last = marks.length - 1;
    if (event.key in keys) show(Math.min(last, Math.max(0, current + keys[event.key])));
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(last);
    else return;
    event.preventDefault();
  });
}

/** A button that copies the lines beside it. @param {Element} snippet */
function copyable(snippet) {
  const button = make("button", "Copy", "");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(snippet.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  snippet.append(button);
}

/** Follow the reader's system, or light, or dark. */
function theme() {
  const choices = ["auto", "light", "dark"];
  const button = make("button", "", "");
  let chosen = 0;
  const show = () => { button.textContent = `Colours: ${choices[chosen]}`; };
  button.addEventListener("click", () => {
    chosen = (chosen + 1) % choices.length;
    if (chosen) document.documentElement.dataset.theme = choices[chosen];
    else delete document.documentElement.dataset.theme;
    show();
  });
  show();
  document.querySelector(".brand").append(button);
}

document.querySelectorAll("svg.drawing, .scroll:has(.matrix), .passages:has(.mark)").forEach(walk);
if (navigator.clipboard) document.querySelectorAll(".snippet").forEach(copyable);
theme();
addEventListener("beforeprint", () => {
  document.querySelectorAll("details.grid, details.check").forEach((fold) => { fold.open = true; });
});
