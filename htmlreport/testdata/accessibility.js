// The faults of a page in its roles, names and contrast: a list of sentences.
(() => {
  const faults = [];
  const say = (element, fault) => faults.push(`<${element.localName} id="${element.id}" class="${element.getAttribute("class") || ""}">: ${fault}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const visible = (e) => e.getClientRects().length > 0;

  // Landmarks, headings, language.
  for (const name of ["header", "main", "footer"]) if (all(`body > ${name}`).length !== 1) faults.push(`no single ${name}`);
  if (!document.documentElement.lang) faults.push("no language");
  let level = 0;
  for (const h of all("h1, h2, h3, h4")) {
    const n = Number(h.localName[1]);
    if (n > level + 1) say(h, "a level is left out");
    if (!h.textContent.trim()) say(h, "no text");
    level = n;
  }
  if (all("h1").length !== 1) faults.push("not one h1");
  const ids = new Set();
  for (const e of all("[id]")) {
    if (ids.has(e.id)) say(e, "its id is there twice");
    ids.add(e.id);
  }
  for (const e of all("[aria-labelledby], [for]")) {
    for (const id of (e.getAttribute("aria-labelledby") || e.getAttribute("for")).split(" ")) if (!ids.has(id)) say(e, `there is no ${id}`);
  }

  // Names.
  for (const t of all("table")) {
    if (!t.caption || !t.caption.textContent) say(t, "no caption");
    for (const th of t.querySelectorAll("th")) if (!["col", "row"].includes(th.scope)) say(th, "no scope");
  }
  for (const i of all("input")) if (!i.labels.length) say(i, "no label");
  for (const b of all("button")) if (!b.textContent.trim() && !b.getAttribute("aria-label")) say(b, "no name");
  for (const s of all("svg")) {
    const name = s.getAttribute("aria-label") || (s.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent).join("");
    if (s.getAttribute("role") !== "img" || !name) say(s, "a picture without a name");
  }
  for (const s of all(".scroll")) if (s.tabIndex !== 0) say(s, "cannot be scrolled by keys");

  // Contrast, by WCAG 2.2: 4.5 for text, 3 for what must be seen otherwise.
  const color = (s) => { const n = s.match(/[\d.]+/g).map(Number); return { rgb: n.slice(0, 3), alpha: n.length > 3 ? n[3] : 1 }; };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
  const background = (e) => {
    for (; e; e = e.parentElement) {
      const c = color(getComputedStyle(e).backgroundColor);
      if (c.alpha === 1) return c.rgb;
      if (c.alpha > 0) return null;
    }
    return [255, 255, 255];
  };
  const told = new Set();
  const check = (e, front, back, least, what) => {
    const got = contrast(front, back);
    const key = what + front + back;
    if (got < least && !told.has(key)) { told.add(key); say(e, `contrast of ${what} is ${got.toFixed(2)}, ${least} is the least`); }
  };
  let checked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !visible(e) || e.closest("svg, script, style, .hidden")) continue;
    const back = background(e);
    if (back) { check(e, color(getComputedStyle(e).color).rgb, back, 4.5, "text"); checked++; }
  }
  if (checked < 100) faults.push(`only ${checked} texts were looked at`);
  let tiles = 0;
  for (const svg of all("svg").filter(visible)) {
    const behind = background(svg);
    for (const g of svg.querySelectorAll(".tile")) {
      const fill = color(getComputedStyle(g.querySelector("rect")).fill).rgb;
      check(g, fill, behind, 3, "a tile");
      const text = g.querySelector("text");
      if (text) check(g, color(getComputedStyle(text).fill).rgb, fill, 4.5, "a tile's name");
      tiles++;
    }
    for (const text of svg.querySelectorAll("text.group")) check(text, color(getComputedStyle(text).fill).rgb, behind, 4.5, "a group's name");
    for (const r of svg.querySelectorAll("rect.alone")) check(r, color(getComputedStyle(r).fill).rgb, behind, 3, "a bar");
  }
  tiles += all("#tiles button").filter(visible).length;
  if (tiles < 50) faults.push(`only ${tiles} tiles were looked at`);
  return faults;
})()
