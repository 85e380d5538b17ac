// The rows of entries, the filters on them, and the command that removes the rows shown.

const source = document.getElementById("entries-data");
const data = source ? JSON.parse(source.textContent) : { made: 0, states: [], run: { targets: {} }, rows: [], words: [] };
const word = (i) => data.words[i];
const numbers = new Intl.NumberFormat("en");
const count = (n, one, several) => numbers.format(n) + " " + (n === 1 ? one : several);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// Indexes of the fields of a row. entriesData in entries.go writes them in this order.
const NAME = 0, DIR = 1, CATEGORY = 2, OWNER = 3, SIZE = 4, DISK = 5, FREED = 6, FREED_INODES = 7, STATE = 8,
  ENVIRONMENTS = 9, USED = 10, INODES = 11, PACKAGE = 12, CACHE = 13, SOLE = 14;

const states = data.states.map((s) => s[0]);
// Classes of age, by the days between the last use and the making of the page. key is the
// CSS class; from is the lower bound in days.
const ages = [
  { key: "age-0", words: "up to 7 days", from: 0 },
  { key: "age-1", words: "7 to 30 days", from: 7 },
  { key: "age-2", words: "30 to 90 days", from: 30 },
  { key: "age-3", words: "90 days to a year", from: 90 },
  { key: "age-4", words: "over a year", from: 365 },
];
const ageOf = (row) => {
  const days = (data.made - row[USED]) / 86400;
  let i = ages.length - 1;
  while (i > 0 && days < ages[i].from) i--;
  return i;
};
for (const row of data.rows) row.age = ageOf(row);

function bytes(n) { // formats as gclean/internal/units does
  if (n < 1024) return n + " B";
  let k = n / 1024;
  if (k < 1024) {
    const whole = Math.floor(k), rest = k - whole;
    return (rest > 0.5 || (rest === 0.5 && whole % 2) ? whole + 1 : whole) + " KB";
  }
  k /= 1024;
  return k < 1024 ? k.toFixed(1) + " MB" : (k / 1024).toFixed(2) + " GB";
}

// What the reader has chosen. path has the labels of the open groups, the outermost first.
// text is the search of the table of entries, in lower case.
const view = { group: "cache", size: "disk", color: "state", states: new Set(states), ages: new Set(ages.keys()), path: [], text: "" };

// groupings has a function for each way to group. It returns the labels of the groups of a
// row, the outermost first.
const groupings = {
  cache: (row) => [word(row[CACHE]), word(row[CATEGORY])],
  owner: (row) => [word(row[OWNER]), word(row[CACHE])],
  environment: (row) => [row[SOLE] >= 0 ? word(row[SOLE]) : row[ENVIRONMENTS] ? "several environments" : "no environment"],
  name: (row) => [word(row[PACKAGE]) || word(row[CATEGORY])],
  age: (row) => [ages[row.age].words, word(row[CACHE])],
};

const passes = (row) => view.states.has(word(row[STATE])) && view.ages.has(row.age);
const weigh = (row) => (view.size === "disk" ? row[DISK] : row[INODES]);
const weight = (n) => (view.size === "disk" ? bytes(n) : count(n, "inode", "inodes"));

// ordered has all rows for each measure of size, the largest first.
const ordered = { disk: data.rows }; // entries.go has sorted these
let whole = { key: "", root: null }; // the tree that was built last

// tree groups the rows that pass the filters. A group has a label, its rows by size, the
// sum of their sizes, and its inner groups, or null.
function tree() {
  const key = [view.group, view.size, ...view.states, ...view.ages].join();
  if (whole.key === key) return whole.root;
  const root = { label: "All", rows: [], sum: 0, groups: new Map() };
  const labels = groupings[view.group];
  ordered[view.size] ??= [...data.rows].sort((a, b) => weigh(b) - weigh(a));
  for (const row of ordered[view.size]) {
    if (!passes(row)) continue;
    let group = root;
    const n = weigh(row);
    group.rows.push(row);
    group.sum += n;
    for (const label of labels(row)) {
      group.groups ??= new Map();
      let inner = group.groups.get(label);
      if (!inner) group.groups.set(label, (inner = { label, rows: [], sum: 0, groups: null }));
      group = inner;
      group.rows.push(row);
      group.sum += n;
    }
  }
  whole = { key, root };
  return root;
}

// opened returns the group that view.path leads to. It cuts view.path where a group no
// longer exists.
function opened() {
  let group = tree();
  for (let i = 0; i < view.path.length; i++) {
    const inner = parts(group, most).find((g) => g.label === view.path[i]);
    if (!inner) {
      view.path.length = i;
      break;
    }
    group = inner;
  }
  return group;
}

// parts returns the inner groups of a group, the largest first. If there are more than n,
// the last one combines the smallest, and can be opened too.
function parts(group, n) {
  if (!group.groups) return [];
  const list = [...group.groups.values()].sort((a, b) => b.sum - a.sum || compare(a.label, b.label));
  if (list.length <= n) return list;
  const rest = list.slice(n - 1);
  const label = count(rest.length, "smaller group", "smaller groups");
  return [...list.slice(0, n - 1), {
    label, rows: rest.flatMap((g) => g.rows), sum: rest.reduce((sum, g) => sum + g.sum, 0), groups: new Map(rest.map((g) => [g.label, g])),
  }];
}
const most = 40; // inner groups that a group shows

const quote = (s) => (/^[A-Za-z0-9_\/.,:=@%+-]+$/.test(s) ? s : "'" + s.replaceAll("'", "'\\''") + "'");

// command returns a command that removes the free ones of the rows, and as few others as
// its flags allow: its text, all rows that it removes, and whether there are others. It
// returns null if no row is free, or if the page has no commands.
function command(rows) {
  const run = data.run;
  const free = rows.filter((row) => word(row[STATE]) === "free");
  if (!free.length || !run.base) return null;
  const same = (field) => free.every((row) => row[field] === free[0][field]);
  const all = data.rows.filter((row) => word(row[STATE]) === "free");
  let goes = all;
  const flags = [];
  const narrow = (keep) => {
    const fewer = goes.filter(keep);
    const narrower = fewer.length < goes.length;
    goes = fewer;
    return narrower;
  };
  if (run.cache && same(CACHE) && word(free[0][CACHE]) !== "elsewhere" && narrow((row) => row[CACHE] === free[0][CACHE])) {
    flags.push(run.cache + " " + quote(word(free[0][CACHE])));
  }
  let targets = [...new Set(free.map((row) => word(row[CATEGORY])))];
  const packages = ["archives", "extracted packages"];
  const onlyPackages = targets.every((t) => packages.includes(t));
  const oldest = Math.min(...free.map((row) => row.age));
  const policies = [];
  if (onlyPackages && run.olderThan && oldest > 0 && narrow((row) => row.age >= oldest)) {
    policies.push(run.olderThan + " " + ages[oldest].from + "d");
  }
  // The flag takes patterns, so a name with special characters could match more.
  const plain = /^[A-Za-z0-9_.-]+$/.test(word(free[0][PACKAGE]));
  if (onlyPackages && run.include && plain && same(PACKAGE) && narrow((row) => row[PACKAGE] === free[0][PACKAGE])) {
    policies.push(run.include + " " + quote(word(free[0][PACKAGE])));
  }
  const chosen = (row) => targets.includes(word(row[CATEGORY]));
  const narrower = narrow(chosen);
  if (!flags.length && !policies.length && !narrower) return { text: run.all, rows: goes, more: goes.length > free.length };
  if (!narrower && !policies.length) return { text: run.all + " " + flags.join(" "), rows: goes, more: goes.length > free.length };
  if (targets.some((t) => !run.targets[t])) return { text: run.all, rows: all, more: all.length > free.length };
  return { text: [run.base, ...targets.sort().map((t) => run.targets[t]), ...flags, ...policies].join(" "), rows: goes, more: goes.length > free.length };
}

const sum = (rows, field) => rows.reduce((total, row) => total + row[field], 0);

// tell writes how much is shown, and the command that removes it.
function tell(rows) {
  const shown = document.getElementById("shown");
  if (!shown) return;
  const place = (view.path.length ? " in " + view.path.join(", ") : "") + (view.text ? " that match “" + view.text + "”" : "");
  shown.textContent = "Shown: " + count(rows.length, "entry", "entries") + place + ", " + bytes(sum(rows, DISK)) + " on disk, " +
    bytes(sum(rows, FREED)) + " of it can be freed.";
  const c = command(rows);
  const words = document.getElementById("run-words");
  const text = document.getElementById("run-command");
  text.hidden = !c;
  text.textContent = c ? c.text : "";
  words.textContent = !c ? (data.run.base ? "Nothing that is shown can be removed." : "")
    : "To remove " + count(c.rows.length, "entry", "entries") + " and free " + bytes(sum(c.rows, FREED)) +
      (c.more ? " (more than what is shown)" : "") + ", run: ";
}
