// Tables with sorting and search.

const step = 50; // rows that a table shows at first

// sorting puts a button into each heading of a table. A click calls sort with the column,
// and with true for descending order.
function sorting(table, sort) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const was = head.getAttribute("aria-sort");
      const down = was ? was === "ascending" : head.classList.contains("number");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      sort(column, down);
    });
  });
}

// searching shows the search field of a table. Typing calls filter with the text; filter
// returns the number of rows found, and of all rows.
function searching(table, filter) {
  const input = document.getElementById(table.id + "-search");
  if (!input) return; // short tables have no search field
  const found = document.getElementById(table.id + "-count");
  input.parentElement.hidden = false;
  input.addEventListener("input", () => {
    const [n, all] = filter(input.value.trim().toLowerCase());
    found.textContent = numbers.format(n) + " of " + numbers.format(all);
  });
}

// showMore puts a button below a table. A click calls more.
function showMore(table, more) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "more";
  button.hidden = true;
  table.parentElement.after(button);
  button.addEventListener("click", more);
  return button;
}

// plain sets up a table whose rows are all in the page.
function plain(table) {
  const body = table.tBodies[0];
  const all = body.rows.length;
  let shown = step, wanted = "";
  const more = showMore(table, () => { shown = all; draw(); });
  function draw() {
    let found = 0;
    for (const row of body.rows) {
      const has = !wanted || row.textContent.toLowerCase().includes(wanted);
      if (has) found++;
      row.hidden = !has || found > shown;
    }
    more.hidden = found <= shown;
    more.textContent = "Show all " + numbers.format(found);
    return [found, all];
  }
  const key = (row, column) => {
    const cell = row.cells[column];
    const value = cell.dataset.value;
    return value === undefined ? cell.textContent.toLowerCase() : Number(value);
  };
  sorting(table, (column, down) => {
    const rows = [...body.rows].map((row) => [key(row, column), row]);
    rows.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
    body.replaceChildren(...rows.map((pair) => pair[1]));
    draw();
  });
  searching(table, (text) => { wanted = text; return draw(); });
  draw();
}

// path splits a path into two elements, as path in table.go does, so that the style can
// shorten the first.
function path(s) {
  let i = s.replace(/\/+$/, "").lastIndexOf("/");
  if (s.slice(i) === "/pkgs" && i > 0) i = s.lastIndexOf("/", i - 1);
  if (i <= 0) return s;
  const span = document.createElement("span");
  span.className = "path";
  span.title = s;
  for (const [className, text] of [["begin", s.slice(0, i)], ["end", s.slice(i)]]) {
    const part = document.createElement("span");
    part.className = className;
    part.textContent = text;
    span.append(part);
  }
  return span;
}

// searched returns the text of a row that the search looks at. It is built on first use.
const searched = (row) => (row.searched ??= [row[NAME], word(row[DIR]), word(row[CATEGORY]), word(row[OWNER]), word(row[STATE])].join("\n").toLowerCase());

const day = (s) => new Date(s * 1000).toISOString().slice(0, 10);

// The columns of the table of entries, in the order of entryColumns in entries.go. Each has
// the field of a row, a function that formats it, and true if it sorts as a number.
const columns = [
  [NAME, String], [DISK, bytes, true], [FREED, bytes, true], [STATE, word], [USED, day, true], [ENVIRONMENTS, String, true],
  [SIZE, bytes, true], [FREED_INODES, String, true], [CATEGORY, word], [OWNER, word], [DIR, (i) => path(word(i))],
];

// entries is the table of entries, as the treemap uses it. show takes the rows to show.
const entries = { show: tell, jump() {}, focus() {} };

function large(table) {
  const body = table.tBodies[0];
  const input = document.getElementById("entries-search");
  let rows = data.rows, sorted = null, shown = step;

  const more = showMore(table, () => { shown = Math.max(1000, 5 * shown); drawRows(); });

  function drawRows() {
    const found = view.text ? rows.filter((row) => searched(row).includes(view.text)) : rows;
    const list = sorted ? [...found].sort(sorted) : found;
    const part = document.createDocumentFragment();
    for (const entry of list.slice(0, shown)) {
      const row = document.createElement("tr");
      columns.forEach(([field, show, number], column) => {
        const cell = document.createElement(column ? "td" : "th");
        if (!column) cell.scope = "row";
        cell.append(show(entry[field]));
        if (field === STATE) cell.className = "state " + word(entry[STATE]);
        if (number) cell.className = "number";
        row.append(cell);
      });
      part.append(row);
    }
    body.replaceChildren(part);
    more.hidden = list.length <= shown;
    more.textContent = "Show more of " + numbers.format(list.length);
    tell(list);
    return [list.length, data.rows.length];
  }
  sorting(table, (column, down) => {
    const [field, show, number] = columns[column];
    const key = number ? (row) => row[field] : field === NAME ? (row) => row[NAME].toLowerCase() : (row) => word(row[field]).toLowerCase();
    const keys = new Map(data.rows.map((row) => [row, key(row)]));
    sorted = (a, b) => (down ? compare(keys.get(b), keys.get(a)) : compare(keys.get(a), keys.get(b)));
    shown = step;
    drawRows();
  });
  searching(table, (text) => { view.text = text; shown = step; return drawRows(); });
  entries.show = (list) => { rows = list; shown = step; drawRows(); };
  entries.focus = () => { table.scrollIntoView(); table.parentElement.focus(); };
  const search = (text) => {
    if (!input) return;
    input.value = text;
    input.dispatchEvent(new Event("input"));
  };
  // jump leads from a tile to its row. Escape leads back to the tile.
  entries.jump = (entry, from) => {
    search(entry[NAME]);
    const name = String(entry[NAME]), dir = word(entry[DIR]);
    const row = [...body.rows].find((r) => r.cells[0].textContent === name && r.cells[r.cells.length - 1].textContent === dir);
    if (!row) return entries.focus();
    row.tabIndex = -1;
    row.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      search("");
      from.scrollIntoView({ block: "center" });
      from.focus();
    });
    row.scrollIntoView({ block: "center" });
    row.focus();
  };
}

for (const table of document.querySelectorAll("table")) {
  if (table.id === "entries") large(table);
  else plain(table);
}
if (explorer && data.rows.length) startMap();
else entries.show(data.rows);
document.documentElement.dataset.ready = "true";
