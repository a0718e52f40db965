// The status page: asks this node for /status.json each second and shows what it says. No library:
// rows are made with DOM calls, so that no text of a node is ever taken for markup.
'use strict';

const POLL_MILLIS = 1000;
const ANSWER_MILLIS_MAX = 4000;
const BEHIND_ENTRIES = 5000; // some seconds' worth under load
const DISK_LOW_BYTES = 1024 ** 3;
const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);

let shown = null; // the last document
let shownAt = 0; // when it came, by this browser's clock

// ---- numbers and times for people

const grouped = new Intl.NumberFormat('en');
const count = n => n == null ? '–' : grouped.format(n);

function size(bytes) {
  if (bytes == null) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let i = 0;
  for (; value >= 1024 && i < units.length - 1; i++) value /= 1024;
  return (i === 0 ? value : value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)) + ' ' + units[i];
}

function span(seconds) {
  if (seconds == null) return '–';
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return s + ' s';
  if (s < 3600) return Math.floor(s / 60) + ' min';
  if (s < 86400) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
  return Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h';
}

function millis(value) {
  if (value == null) return '–';
  if (value >= 1000) return (value / 1000).toFixed(2) + ' s';
  return (value < 10 ? value.toFixed(1) : Math.round(value)) + ' ms';
}

const seconds = value => value == null ? '–' : millis(value * 1000);
const round = rate => rate >= 10 || Number.isInteger(rate) ? count(Math.round(rate)) : rate.toFixed(1);
const pad = n => String(n).padStart(2, '0');

function clock(iso) {
  const at = new Date(iso);
  const time = pad(at.getHours()) + ':' + pad(at.getMinutes()) + ':' + pad(at.getSeconds());
  const day = at.getFullYear() + '-' + pad(at.getMonth() + 1) + '-' + pad(at.getDate());
  return new Date(shown.time).toDateString() === at.toDateString() ? time : day + ' ' + time;
}

function when(iso) {
  if (iso == null) return '–';
  const age = (Date.parse(shown.time) - Date.parse(iso)) / 1000;
  return clock(iso) + ' (' + (age < 2 ? 'now' : span(age) + ' ago') + ')';
}

// ---- rows

function element(name, properties, ...children) {
  const made = document.createElement(name);
  Object.assign(made, properties);
  made.append(...children.filter(child => child != null));
  return made;
}

function state(kind, text) {
  const made = element('span', {className: 'state'}, text);
  made.dataset.state = kind;
  return made;
}

/** Replaces the rows of a table; each cell is text or an element, its label that of its column. */
function fill(id, rows, nothing) {
  const table = byId(id);
  const columns = [...table.tHead.rows[0].cells];
  const body = element('tbody', {});
  for (const row of rows) {
    const line = element('tr', {className: row.className || ''});
    row.cells.forEach((value, i) => {
      const cell = element(i === 0 ? 'th' : 'td', {className: columns[i].className}, value);
      if (i === 0) cell.scope = 'row';
      else cell.dataset.label = columns[i].textContent;
      if (row.wide === i) cell.classList.add('wide');
      line.append(cell);
    });
    body.append(line);
  }
  if (rows.length === 0) {
    body.append(element('tr', {}, element('td', {className: 'empty', colSpan: columns.length}, nothing)));
  }
  replace(table.tBodies[0], body);
}

/** Only cells that changed: what a viewer has selected, or has the focus in, must not vanish each second. */
function replace(old, body) {
  const sameShape = old.rows.length === body.rows.length
    && [...old.rows].every((row, i) => row.cells.length === body.rows[i].cells.length);
  if (!sameShape) {
    old.replaceWith(body);
    return;
  }
  [...old.rows].forEach((row, i) => {
    const made = [...body.rows[i].cells]; // one that is moved over is gone from its row
    row.className = body.rows[i].className;
    [...row.cells].forEach((cell, j) => {
      if (!cell.isEqualNode(made[j])) cell.replaceWith(made[j]);
    });
  });
}

function text(id, value) {
  const target = byId(id);
  if (target.textContent !== value) target.textContent = value;
}

// ---- what is wrong

function nodeState(node) {
  if (!node.reachable) return ['bad', 'No answer'];
  if (node.ready === false) return ['bad', 'Not ready'];
  if (node.ready == null) return ['warn', 'No report'];
  if (node.lagEntries > BEHIND_ENTRIES) return ['warn', 'Behind'];
  return ['good', 'Ready'];
}

/** What somebody who has just opened the page should know first: the worst, in plain words. */
function alarms(status) {
  const found = [];
  const voters = status.nodes.filter(node => node.role !== 'learner');
  const away = status.nodes.filter(node => !node.reachable).map(node => node.id);
  const self = status.nodes.find(node => node.id === status.node);
  if (!status.health.alive) {
    found.push(['bad', `This node, ${status.node}, is broken and has to be restarted; its log says why.`]);
  } else if (!status.health.ready) {
    found.push(['bad', `This node, ${status.node}, cannot serve now, so what is below may be old. ${sentence(status.health.reason)}`]);
  }
  if (voters.length - away.length <= voters.length / 2) {
    found.push(['bad', `${away.length} of ${status.nodes.length} nodes do not answer: without a majority nothing can be committed.`]);
  } else if (away.length > 0) {
    const more = Math.floor((voters.length - 1) / 2) - away.length;
    found.push(['warn', `No answer from ${away.join(', ')}. The others go on; ${more > 0 ? 'one more may fail' : 'none of them may fail now'}.`]);
  }
  if (status.leader.node == null && status.health.alive) {
    found.push(['bad', `${status.node} knows no leader: commits wait for an election.`]);
  }
  if (self && self.lagEntries > BEHIND_ENTRIES) {
    found.push(['warn', `${status.node} is ${count(self.lagEntries)} entries behind: it catches up.`]);
  }
  for (const node of status.nodes) {
    if (node.diskFreeBytes != null && node.diskFreeBytes < DISK_LOW_BYTES) {
      found.push(['warn', `The disk of ${node.id} is nearly full: ${size(node.diskFreeBytes)} left.`]);
    }
  }
  return found.concat(groupAlarms(status));
}

/** Of a group: what is wrong with it, beside nodes that don't answer at all; null if nothing. */
function groupState(group, status) {
  if (group.nodes.length === 0) return ['warn', 'Not here yet'];
  if (group.leader == null) return ['bad', 'No leader'];
  const silent = group.nodes.filter(node => !node.reachable).map(node => node.id);
  if (silent.length > 0) return ['warn', `Without ${silent.join(', ')}`];
  const behind = group.nodes.filter(node => node.lagEntries > BEHIND_ENTRIES).map(node => node.id);
  if (behind.length > 0) return ['warn', `${behind.join(', ')} behind`];
  return group.nodes.length === status.nodes.length ? ['good', 'In step'] : ['warn', 'Other members'];
}

const storagesOf = group => group.storages === 1 ? 'its storage' : `its ${group.storages} storages`;

function groupAlarms(status) {
  const found = [];
  for (const group of status.groups.slice(1)) {
    const alive = new Set(status.nodes.filter(node => node.reachable).map(node => node.id));
    const missing = group.nodes.filter(node => !node.reachable && alive.has(node.id)).map(node => node.id);
    if (group.nodes.length === 0) {
      found.push(['warn', `${status.node} has not begun with Raft group ${group.name} yet.`]);
    } else if (group.leader == null && status.health.alive) {
      found.push(['bad', `${status.node} knows no leader of Raft group ${group.name}: commits to ${storagesOf(group)} wait.`]);
    }
    if (missing.length > 0) {
      found.push(['warn', `${missing.join(', ')} take${missing.length === 1 ? 's' : ''} no part in Raft group ${group.name}.`]);
    }
    for (const node of group.nodes.filter(each => each.lagEntries > BEHIND_ENTRIES)) {
      found.push(['warn', `${node.id} is ${count(node.lagEntries)} entries behind in Raft group ${group.name}.`]);
    }
  }
  return found;
}

const sentence = reason => reason.charAt(0).toUpperCase() + reason.slice(1) + '.';

function showAlarms(found, offline) {
  const box = byId('alarm');
  const worst = found.some(([kind]) => kind === 'bad') ? 'bad' : found.length ? 'warn' : 'good';
  const lines = found.map(([, words]) => words);
  if (box.dataset.lines !== JSON.stringify(lines)) {
    box.dataset.lines = JSON.stringify(lines);
    box.replaceChildren(...lines.map(words => element('p', {}, words)));
  }
  box.dataset.state = worst;
  box.hidden = lines.length === 0;
  const verdict = byId('verdict');
  verdict.dataset.state = worst;
  text('verdict', offline ? 'No answer' : worst === 'good' ? 'All is well' : worst === 'warn' ? 'Needs a look' : 'Trouble');
  document.title = (worst === 'good' ? '' : worst === 'warn' ? '▲ ' : '■ ') + 'Troika' + (shown ? ' ' + shown.node : '');
}

// ---- the parts

function showNodes(status) {
  fill('nodes', status.nodes.map(node => {
    const [kind, word] = nodeState(node);
    const cell = element('span', {}, state(kind, word));
    if (node.ready === false) cell.append(element('span', {className: 'why'}, node.reason));
    const name = element('span', {}, node.id);
    if (node.id === status.node) name.append(element('span', {className: 'here'}, ' (this one)'));
    return {
      className: node.reachable ? '' : 'off',
      wide: node.ready === false ? 2 : -1,
      cells: [name,
        element('span', {className: node.role === 'leader' ? 'leads' : ''}, node.role === 'unknown' ? '–' : node.role),
        cell, count(node.term), count(node.appliedIndex),
        node.lagEntries == null ? '–' : count(node.lagEntries), size(node.diskBytes),
        size(node.diskFreeBytes), span(node.uptimeSeconds), node.version || '–', operator.nodeActions(node, status)],
    };
  }), 'No node has been asked yet.');
}

const largest = values => values.some(value => value != null) ? Math.max(...values.filter(value => value != null)) : null;

/** Most clusters have one group, and need not know of it. */
function showGroups(status) {
  byId('groupsSection').hidden = status.groups.length < 2;
  fill('groups', status.groups.map(group => {
    const [kind, word] = groupState(group, status);
    const lag = largest(group.nodes.map(node => node.lagEntries));
    const last = group.nodes.find(node => node.lagEntries === lag);
    return {
      cells: [group.name, element('span', {className: 'leads'}, group.leader || '–'), state(kind, word), count(group.term),
        count(largest(group.nodes.map(node => node.committedIndex))),
        lag > 0 ? `${count(lag)} (${last.id})` : count(lag), count(group.storages),
        size(largest(group.nodes.map(node => node.diskBytes))), operator.groupActions(group)],
    };
  }), 'None.');
}

const inGroup = (status, group, words) => status.groups.length < 2 ? words
  : element('span', {}, element('span', {className: 'faint'}, group + '/'), words);

function showRest(status) {
  showGroups(status);
  fill('storages', status.storages.map(storage => ({
    wide: 5,
    cells: [inGroup(status, storage.group, storage.name), count(storage.objects), count(storage.transactions),
      size(storage.dataBytes), count(storage.epoch), when(storage.lastTransaction),
      operator.storageActions(storage)],
  })), 'There is no storage yet.');
  fill('changes', status.leaderChanges.map(change => ({
    cells: [when(change.time), inGroup(status, change.group, (change.from || '–') + ' → ' + change.to), count(change.term),
      seconds(change.gapSeconds), seconds(change.pauseSeconds)],
  })), 'None since these nodes were started.');
  fill('clients', status.clients.shown.map(client => ({
    wide: 4,
    cells: [element('span', {className: 'mono'}, client.address || '–'),
      client.protocol === 'zeo' ? 'ZEO' : client.protocol === 'grpc' ? 'gRPC (Java)' : '–',
      client.node, client.storage,
      element('span', {}, element('code', {}, client.verifiedTid.replace(/^0x/, '')),
        element('span', {className: 'faint'}, client.verifiedTime ? '  ' + clock(client.verifiedTime) : '')),
      count(client.backlogEvents)],
  })), 'Nobody listens for changes now.');
  const more = status.clients.total - status.clients.shown.length;
  text('clientsMore', more > 0 ? `and ${count(more)} more` : '');
  showJobs(status.jobs);
}

function amount(value, unit) {
  return unit === 'bytes' ? size(value) : unit === '%' ? value + ' %' : count(value);
}

function showJobs(jobs) {
  byId('jobsSection').hidden = jobs.length === 0;
  fill('jobs', jobs.map(job => {
    const running = job.state === 'running';
    const [kind, word] = {
      running: ['', job.phase], succeeded: ['good', 'Done'], failed: ['bad', 'Failed'], silent: ['warn', 'Silent'],
    }[job.state] || ['warn', job.state];
    const how = element('span', {className: 'how'});
    if (running) {
      const bar = element('progress', job.total == null ? {} : {max: job.total, value: job.done});
      bar.setAttribute('aria-label', `${job.kind} of ${job.storage}`);
      how.append(bar, element('span', {className: 'faint'}, word));
    } else {
      how.append(state(kind, word));
      if (job.outcome) how.append(element('span', {className: 'why'}, job.outcome));
    }
    const far = !job.unit ? '–' : !running || job.total == null || job.unit === '%' ? amount(job.done, job.unit)
      : `${amount(job.done, job.unit)} of ${amount(job.total, job.unit)}`;
    const things = job.unit === 'bytes' || job.unit === '%' ? '' : ' ' + job.unit;
    const rate = job.perSecond == null || job.unit === '%' || !job.unit ? '–'
      : (job.unit === 'bytes' ? size(Math.round(job.perSecond)) : round(job.perSecond)) + '/s';
    return {
      wide: 2,
      cells: [`${job.kind} of ${job.storage}`, job.by || 'the cluster', how, far + things, rate,
        running ? span(job.seconds) : when(job.ended)],
    };
  }), 'None.');
}

function last(values, n) {
  const some = values.slice(-n).filter(value => value != null);
  return some.length === 0 ? null : some;
}

function showFigures(status) {
  const activity = status.activity;
  const recent = last(activity.commits, 10);
  text('leader', status.leader.node == null ? 'none' : status.leader.node);
  text('term', count(status.leader.term));
  const ready = status.nodes.filter(node => node.ready).length;
  text('ready', `${ready} of ${status.nodes.length}`);
  const rate = recent == null ? null : recent.reduce((sum, value) => sum + value, 0) / recent.length;
  byId('rate').replaceChildren(rate == null ? '–' : round(rate), element('small', {}, ' /s'));
  const p50 = last(activity.p50Millis, 10);
  const p99 = last(activity.p99Millis, 10);
  byId('latency').replaceChildren(
    p50 == null ? '–' : millis(p50.reduce((a, b) => a + b) / p50.length),
    element('small', {}, p99 == null ? '' : '  ' + millis(Math.max(...p99))));
  text('clientCount', count(status.clients.total));
  text('about', `${status.node} · Troika ${status.version} · up ${span(status.uptimeSeconds)} · ${clock(status.time)}`);
}

// ---- plots

function svg(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** The smallest of 1, 2, 5, 10, 20… that is not below. */
function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(step => step * power).find(step => step >= value * 0.999);
}

/**
 * Draws lines over the last minutes.
 *
 * lines: {class, values, area} with null where nothing was measured
 * marks: seconds at which the leader changed
 */
function plot(id, first, lines, marks, label, floor) {
  const box = byId(id);
  const width = Math.max(200, box.clientWidth);
  const height = box.clientHeight;
  const [left, right, top, bottom] = [46, 4, 8, 18];
  const n = 600;
  const length = lines[0].values.length;
  const x = i => left + (n - length + i) / (n - 1) * (width - left - right);
  const highest = Math.max(floor, ...lines.flatMap(line => line.values.filter(value => value != null)));
  const max = ceiling(highest);
  const y = value => height - bottom - value / max * (height - top - bottom);
  const drawing = svg('svg', {viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true'});
  for (const part of [0, 0.5, 1]) {
    drawing.append(svg('line', {class: part === 0 ? 'base' : 'grid', x1: left, x2: width - right, y1: y(part * max), y2: y(part * max)}),
      svg('text', {x: left - 6, y: y(part * max) + 4, 'text-anchor': 'end'}, label(part * max)));
  }
  for (let minute = 10; minute >= 0; minute -= width < 420 ? 5 : 2) {
    const at = left + (1 - minute / 10) * (width - left - right);
    drawing.append(svg('text', {x: at, y: height - 4, 'text-anchor': minute === 10 ? 'start' : minute === 0 ? 'end' : 'middle'},
      minute === 0 ? 'now' : `−${minute} min`));
  }
  for (const mark of marks) {
    const at = x(mark - first);
    if (at < left) continue;
    drawing.append(svg('line', {class: 'change', x1: at, x2: at, y1: top, y2: height - bottom}),
      svg('path', {class: 'mark', d: `M${at - 3.5} ${top - 6}h7l-3.5 6z`}, svg('title', {}, 'the leader changed')));
  }
  for (const line of lines) {
    let path = '';
    let pen = false;
    let began = 0;
    let area = '';
    line.values.forEach((value, i) => {
      if (value != null) {
        path += `${pen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
        if (!pen) began = i;
        // A single second must be seen too.
        if (!pen && line.values[i + 1] == null) path += 'h1';
      }
      pen = value != null;
    });
    if (line.area && path) area = `${path}L${x(length - 1).toFixed(1)} ${y(0)}L${x(began).toFixed(1)} ${y(0)}z`;
    if (area) drawing.append(svg('path', {class: 'area', d: area}));
    if (path) drawing.append(svg('path', {class: line.class, d: path}));
  }
  box.replaceChildren(drawing);
}

function showPlots(status) {
  const activity = status.activity;
  const first = activity.firstSecond || 0;
  const marks = status.leaderChanges.filter(change => change.from).map(change => Math.floor(Date.parse(change.time) / 1000));
  const conflicts = activity.conflicts.map(value => value === 0 ? null : value);
  plot('ratePlot', first, [{class: 'a', values: activity.commits, area: true}, {class: 'b', values: conflicts}],
    marks, value => count(value), 1);
  plot('latencyPlot', first, [{class: 'c', values: activity.p99Millis}, {class: 'a', values: activity.p50Millis}],
    marks, value => value === 0 ? '0' : value >= 1000 ? value / 1000 + ' s' : value + ' ms', 1);
  const total = activity.commits.reduce((sum, value) => sum + value, 0);
  const most = Math.max(0, ...activity.commits);
  text('rateText', `${count(total)} in the last ${span(activity.commits.length)}, at most ${count(most)} in a second`
    + (marks.some(mark => mark >= first) ? '; ▼ the leader changed' : ''));
  const slowest = last(activity.p99Millis, 600);
  text('latencyText', slowest == null ? 'No commit was measured in this time.'
    : `From call to answer, as the leader measured it; the worst second’s p99 was ${millis(Math.max(...slowest))}`);
}

// ---- asking

function show() {
  showFigures(shown);
  showNodes(shown);
  showPlots(shown);
  showRest(shown);
}

/** Of the storages come only those that have changed since the last answer. */
function withAllStorages(status, before) {
  if (status.storagesSince == null || !before) return status;
  const all = new Map(before.storages.map(storage => [storage.uuid, storage]));
  for (const storage of status.storages) all.set(storage.uuid, storage);
  status.storages = [...all.values()];
  // One was dropped: which, is not said. The next answer has all.
  if (all.size !== status.storageCount) status.storagesVersion = '';
  return status;
}

async function poll() {
  const began = Date.now();
  try {
    const known = shown ? shown.storagesVersion : '';
    const answer = await fetch('/status.json?storages-since=' + encodeURIComponent(known), {cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MILLIS_MAX)});
    if (!answer.ok) throw new Error(`it answered ${answer.status}`);
    shown = withAllStorages(await answer.json(), shown);
    shownAt = Date.now();
    document.body.classList.remove('stale');
    show();
    showAlarms(alarms(shown), false);
  } catch (failure) {
    if (!(failure instanceof TypeError || failure instanceof DOMException)) console.error(failure);
    const since = shown ? ` for ${span((Date.now() - shownAt) / 1000)}. What is below is from then` : '';
    document.body.classList.add('stale');
    showAlarms([['bad', `No answer from this node${since}. Another node’s page may say more.`]], true);
  }
  setTimeout(poll, Math.max(0, POLL_MILLIS - (Date.now() - began)));
}

let resized = 0;
addEventListener('resize', () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => shown && showPlots(shown));
});
addEventListener('DOMContentLoaded', () => {
  operator.start();
  poll();
});
