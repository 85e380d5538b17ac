"use strict";
(() => {
  const step = 200; // rows that are shown at a time
  const numbers = new Intl.NumberFormat("en");

  // sorting puts a button into each heading of a table; sort gets the column,
  // and whether the greatest comes first.
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

  // searching shows the field of a table; filter gets what was typed, and
  // returns how many rows are found, and of how many.
  function searching(table, filter) {
    const input = document.getElementById(table.id + "-search");
    if (!input) return; // a few rows
    const count = document.getElementById(table.id + "-count");
    input.parentElement.hidden = false;
    input.addEventListener("input", () => {
      const [found, all] = filter(input.value.trim().toLowerCase());
      count.textContent = numbers.format(found) + " of " + numbers.format(all);
    });
  }

  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  // A table whose rows are all in the page.
  function plain(table) {
    const body = table.tBodies[0];
    const key = (row, column) => {
      const cell = row.cells[column];
      const value = cell.dataset.value;
      return value === undefined ? cell.textContent.toLowerCase() : Number(value);
    };
    sorting(table, (column, down) => {
      const rows = [...body.rows].map((row) => [key(row, column), row]);
      rows.sort((a, b) => (down ? compare(b[0], a[0]) : compare(a[0], b[0])));
      body.replaceChildren(...rows.map((pair) => pair[1]));
    });
    searching(table, (text) => {
      let found = 0;
      for (const row of body.rows) {
        row.hidden = !row.textContent.toLowerCase().includes(text);
        if (!row.hidden) found++;
      }
      return [found, body.rows.length];
    });
  }

  function bytes(n) { // as gclean/internal/units has it
    if (n < 1024) return n + " B";
    let k = n / 1024;
    if (k < 1024) {
      const whole = Math.floor(k), rest = k - whole;
      return (rest > 0.5 || (rest === 0.5 && whole % 2) ? whole + 1 : whole) + " KB";
    }
    k /= 1024;
    return k < 1024 ? k.toFixed(1) + " MB" : (k / 1024).toFixed(2) + " GB";
  }

  // The table of entries, whose rows are data.
  function large(table, data) {
    const body = table.tBodies[0];
    const word = (i) => data.words[i];
    const day = (s) => new Date(s * 1000).toISOString().slice(0, 10);
    const show = [null, word, word, word, bytes, bytes, bytes, String, word, String, day];
    const searched = data.rows.map((row) => [row[0], word(row[1]), word(row[2]), word(row[3]), word(row[8])].join("\n").toLowerCase());
    let order = data.rows.map((_, i) => i);
    let shown = step, wanted = "";

    const more = document.createElement("button");
    more.type = "button";
    more.className = "more";
    table.parentElement.after(more);
    more.addEventListener("click", () => { shown += 5 * step; draw(); });

    function draw() {
      const found = wanted ? order.filter((i) => searched[i].includes(wanted)) : order;
      const part = document.createDocumentFragment();
      for (const i of found.slice(0, shown)) {
        const row = document.createElement("tr");
        data.rows[i].forEach((value, column) => {
          const cell = document.createElement(column ? "td" : "th");
          if (!column) cell.scope = "row";
          cell.textContent = show[column] ? show[column](value) : value;
          if (column === 8) cell.className = "state " + word(value);
          if ([4, 5, 6, 7, 9, 10].includes(column)) cell.className = "number";
          row.append(cell);
        });
        part.append(row);
      }
      body.replaceChildren(part);
      more.hidden = found.length <= shown;
      more.textContent = "Show more of " + numbers.format(found.length);
      return [found.length, order.length];
    }
    sorting(table, (column, down) => {
      const key = show[column] === word ? (i) => word(data.rows[i][column]).toLowerCase()
        : column ? (i) => data.rows[i][column] : (i) => data.rows[i][0].toLowerCase();
      const keys = data.rows.map((_, i) => key(i));
      order.sort((a, b) => (down ? compare(keys[b], keys[a]) : compare(keys[a], keys[b])));
      shown = step;
      draw();
    });
    searching(table, (text) => { wanted = text; shown = step; return draw(); });
    draw();
  }

  for (const table of document.querySelectorAll("table")) {
    const data = document.getElementById(table.id + "-data");
    if (data) large(table, JSON.parse(data.textContent));
    else plain(table);
  }
  document.documentElement.dataset.ready = "true";
})();
