// The interactive treemap. Each tile is a button.

const explorer = document.getElementById("explorer");
const tiles = document.getElementById("tiles");
let drawn = []; // by tile, the group or row that it shows

// squarify divides a frame among weights, which are in descending order. treemap.go has
// the same algorithm.
function squarify(weights, frame) {
  const total = weights.reduce((a, b) => a + b, 0);
  const rects = weights.map(() => ({ x: 0, y: 0, w: 0, h: 0 }));
  let { x, y, w, h } = frame;
  if (!total || w <= 0 || h <= 0) return rects;
  const scale = (w * h) / total;
  const worst = (first, last, area, side) => {
    const greatest = weights[first] * scale, least = weights[last - 1] * scale;
    return least ? Math.max((side * side * greatest) / (area * area), (area * area) / (side * side * least)) : Infinity;
  };
  for (let first = 0; first < weights.length;) {
    const side = Math.min(w, h);
    let area = weights[first] * scale;
    if (!area || side <= 0) break;
    let last = first + 1;
    while (last < weights.length) {
      const more = area + weights[last] * scale;
      if (worst(first, last + 1, more, side) > worst(first, last, area, side)) break;
      area = more;
      last++;
    }
    const depth = area / side;
    let at = 0;
    for (let i = first; i < last; i++) {
      const length = (weights[i] * scale) / depth;
      rects[i] = w >= h ? { x, y: y + at, w: depth, h: length } : { x: x + at, y, w: length, h: depth };
      at += length;
    }
    if (w >= h) { x += depth; w -= depth; } else { y += depth; h -= depth; }
    first = last;
  }
  return rects;
}

// classOf returns the CSS class that colours a row.
const classOf = (row) => (view.color === "state" ? word(row[STATE]) : ages[row.age].key);

// leaves returns the tiles of a group: one for each of the first n rows, and one for all
// other rows of each colour.
function leaves(rows, n) {
  const result = rows.slice(0, n).map((row) => ({ row, sum: weigh(row), color: classOf(row) }));
  const rest = new Map();
  for (let i = n; i < rows.length; i++) {
    const row = rows[i];
    const color = classOf(row);
    if (!rest.has(color)) rest.set(color, { rows: [], sum: 0, color });
    const r = rest.get(color);
    r.rows.push(row);
    r.sum += weigh(row);
  }
  result.push(...rest.values());
  return result.sort((a, b) => b.sum - a.sum);
}

// tile adds a tile. A click opens the group into; if that is null, it leads to the row in
// the table.
function tile(frame, what, name, size, color, into) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.className = "tile " + color;
  Object.assign(button.style, { left: frame.x + "px", top: frame.y + "px", width: Math.max(frame.w - 1, 1) + "px", height: Math.max(frame.h - 1, 1) + "px" });
  const row = what.row;
  const label = name + " " + size + (row ? ", " + word(row[STATE]) + ", last use " + ages[row.age].words +
    (row[ENVIRONMENTS] ? ", used by " + count(row[ENVIRONMENTS], "environment", "environments") : "") : "");
  button.setAttribute("aria-label", label + (into ? ": open " + into.label : ""));
  button.title = label;
  if (frame.w > 44 && frame.h > 17) {
    const line = (className, content) => {
      const span = document.createElement("span");
      span.className = className;
      span.append(content);
      button.append(span, " ");
    };
    line("name", color === "group" ? path(name) : name);
    if (color === "group" || (frame.h > 34 && frame.w > 7 * size.length + 10)) line("size", size.replace(/ inodes?$/, ""));
  }
  button.dataset.tile = drawn.length;
  drawn.push({ ...what, into });
  tiles.append(button);
}

// fill draws the tiles of a group. A click on any of them opens the group into; if that is
// null, each tile opens its own group or leads to its row.
function fill(group, frame, into, depth, budget) {
  const groups = depth < 2 ? parts(group, most) : [];
  if (!groups.length) {
    const list = leaves(group.rows, Math.max(budget, 3));
    const frames = squarify(list.map((t) => t.sum), frame);
    list.forEach((t, i) => {
      if (frames[i].w < 3 || frames[i].h < 3) return; // too small to see
      const name = t.row ? word(t.row[PACKAGE]) && view.group !== "name" ? word(t.row[PACKAGE]) : t.row[NAME] : count(t.rows.length, "smaller entry", "smaller entries");
      tile(frames[i], t, name, weight(t.sum), t.color, into);
    });
    return;
  }
  const frames = squarify(groups.map((g) => g.sum), frame);
  groups.forEach((g, i) => {
    const f = frames[i];
    if (f.w < 3 || f.h < 3) return;
    const target = into || g;
    let top = 0;
    if (f.w > 60 && f.h > 48) {
      top = 22;
      tile({ x: f.x, y: f.y, w: f.w, h: top }, { group: g }, g.label, weight(g.sum), "group", target);
    }
    fill(g, { x: f.x + 1, y: f.y + top, w: f.w - 3, h: f.h - top - 3 }, target, depth + 1, Math.floor((budget * g.sum) / (group.sum || 1)));
  });
}

// draw draws the opened group, and shows its rows in the table.
function draw(focus) {
  const group = opened();
  drawn = [];
  tiles.replaceChildren();
  const width = tiles.clientWidth, height = tiles.clientHeight;
  fill(group, { x: 0, y: 0, w: width, h: height }, null, 0, width < 600 ? 100 : 350);
  if (!drawn.length) {
    const p = document.createElement("p");
    p.textContent = "Nothing to show.";
    tiles.append(p);
  } else {
    tiles.firstChild.tabIndex = 0;
    if (focus) tiles.firstChild.focus({ preventScroll: true });
  }
  trail();
  filters();
  entries.show(group.rows);
}

function trail() {
  const list = document.getElementById("trail");
  list.replaceChildren(...["All", ...view.path].map((label, i) => {
    const item = document.createElement("li");
    if (i === view.path.length) {
      item.textContent = label;
      item.setAttribute("aria-current", "true");
      return item;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", () => up(i));
    item.append(button);
    return item;
  }));
}

function up(n) {
  view.path.length = n;
  draw(true);
}

// filters draws the legend. A click on a colour hides or shows its rows.
function filters() {
  const list = document.getElementById("filters");
  const focused = document.activeElement;
  const had = focused ? focused.dataset.filter : undefined; // not "?.": visible.Writer would take it for a query of a URL, and hide it
  const byState = view.color === "state";
  const sums = new Map();
  for (const row of data.rows) {
    for (const key of [word(row[STATE]), row.age]) sums.set(key, (sums.get(key) || 0) + weigh(row));
  }
  const byStates = data.states.map(([s, words]) => [s, s, words, view.states]);
  const byAges = ages.map((a, i) => [i, a.key, "last use " + a.words, view.ages]);
  // The legend also lists what the reader has hidden in the other colouring, so that a
  // click can show it again.
  const out = (byState ? byAges : byStates).filter(([key, , , chosen]) => !chosen.has(key));
  const all = [...(byState ? byStates : byAges), ...out];
  list.replaceChildren(...all.filter(([key]) => sums.has(key)).map(([key, className, text, chosen]) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.filter = key;
    button.setAttribute("aria-pressed", String(chosen.has(key)));
    const mark = document.createElement("span");
    mark.className = "key " + className;
    mark.setAttribute("aria-hidden", "true");
    button.append(mark, text + ", " + weight(sums.get(key)));
    button.addEventListener("click", () => {
      if (!chosen.delete(key)) chosen.add(key);
      draw();
    });
    item.append(button);
    return item;
  }));
  if (had !== undefined) list.querySelector(`[data-filter="${had}"]`)?.focus();
}

// nearest returns the tile next to another, in the direction of an arrow key.
function nearest(from, dx, dy) {
  const a = from.getBoundingClientRect();
  let best = null, least = Infinity;
  for (const b of tiles.children) {
    if (b === from) continue;
    const r = b.getBoundingClientRect();
    const along = dx ? (dx > 0 ? r.left - a.right : a.left - r.right) : dy > 0 ? r.top - a.bottom : a.top - r.bottom;
    if (along < -4) continue;
    const off = dx ? Math.abs((r.top + r.bottom) / 2 - (a.top + a.bottom) / 2) : Math.abs((r.left + r.right) / 2 - (a.left + a.right) / 2);
    const far = along + 2 * off;
    if (far < least) { least = far; best = b; }
  }
  return best;
}

function startMap() {
  document.getElementById("drawing").hidden = true;
  explorer.hidden = false;
  for (const [id, key] of [["group-by", "group"], ["size-by", "size"], ["color-by", "color"]]) {
    const field = document.getElementById(id);
    field.addEventListener("change", () => {
      view[key] = field.value;
      if (key === "group") view.path = [];
      draw();
    });
  }
  tiles.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tile]");
    if (!button) return;
    const t = drawn[button.dataset.tile];
    if (t.into) {
      view.path.push(t.into.label);
      draw(true);
    } else if (t.row) {
      entries.jump(t.row, button);
    } else {
      entries.focus();
    }
  });
  tiles.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    let next = null;
    if (moves[event.key]) next = nearest(event.target, ...moves[event.key]);
    else if (event.key === "Home") next = tiles.firstElementChild;
    else if (event.key === "End") next = tiles.lastElementChild;
    else if (event.key === "Escape" && view.path.length) up(view.path.length - 1);
    else return;
    event.preventDefault();
    if (!next) return;
    for (const b of tiles.querySelectorAll('[tabindex="0"]')) b.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  let width = 0;
  new ResizeObserver(() => {
    if (tiles.clientWidth !== width) {
      width = tiles.clientWidth;
      draw();
    }
  }).observe(tiles);
  width = tiles.clientWidth;
  draw();
}
