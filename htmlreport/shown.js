// What is shown: the rows of entries, which of them the filters let through, and the
// command that removes these.

const source = document.getElementById("entries-data");
const data = source ? JSON.parse(source.textContent) : { made: 0, states: [], run: { targets: {} }, rows: [], words: [] };
const word = (i) => data.words[i];
const numbers = new Intl.NumberFormat("en");
const count = (n, one, several) => numbers.format(n) + " " + (n === 1 ? one : several);
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

// The fields of a row, as entriesData in entries.go writes them.
const NAME = 0, DIR = 1, CATEGORY = 2, OWNER = 3, SIZE = 4, DISK = 5, FREED = 6, FREED_INODES = 7, STATE = 8,
  ENVIRONMENTS = 9, USED = 10, INODES = 11, PACKAGE = 12, CACHE = 13, SOLE = 14;

const states = data.states.map((s) => s[0]);
// The last use, in days before the page was made: a class for the style, words, and from when on.
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

// What the reader has chosen. path are the labels of the groups that were opened, from
// the outermost; text is what the table of entries is searched for, in lower case.
const view = { group: "cache", size: "disk", color: "state", states: new Set(states), ages: new Set(ages.keys()), path: [], text: "" };

// groupings are the labels of the groups that an entry is in, the outermost first.
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

// ordered are all rows by weight, the greatest first, for each way to weigh them.
const ordered = { disk: data.rows }; // as entries.go writes them
let whole = { key: "", root: null }; // the last tree

// tree is the rows that pass, in groups. A group has a label, its rows by weight, the sum
// of their weights, and groups in it, or null.
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

// opened is the group that view.path leads to. A path that no longer exists is cut.
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

// parts are the groups in a group by weight. Beyond the first n, they become one, which
// can be opened in turn.
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
const most = 40; // groups in one

const quote = (s) => (/^[A-Za-z0-9_\/.,:=@%+-]+$/.test(s) ? s : "'" + s.replaceAll("'", "'\\''") + "'");

// command is the one that removes what can be removed of the rows, or the nearest to it:
// its text, the rows that it removes, and whether it removes more. null if nothing can
// be removed, or if the page knows no commands.
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
  // The flag takes patterns: a name that is one would remove more.
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

// tell says what is shown, and what to run to remove it.
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
