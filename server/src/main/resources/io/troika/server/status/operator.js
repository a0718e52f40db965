// Logging in, and the buttons of whoever is logged in. The token is sent once and forgotten; what
// is kept here is the stamp of the session, whose secret is in a cookie that no script can read.
'use strict';

const operator = (() => {
  const ANSWER_MILLIS = 20000;
  const SNAPSHOT_MILLIS = 75000; // of each group, as the node waits for it
  let welcome = null; // how one can log in here
  let session = null; // {caller, stamp, until}
  let asked = null; // what the confirmation is about
  let opener = null; // has the focus again when a dialog closes

  // ---- asking the node

  async function answerOf(response) {
    const text = await response.text();
    let said;
    try {
      said = JSON.parse(text);
    } catch {
      throw new Error(text.trim() || `it answered ${response.status}`);
    }
    if (response.status === 401 && session) leave();
    if (!response.ok) throw new Error(said.problem);
    return said;
  }

  async function post(path, body, stamp, patience = ANSWER_MILLIS) {
    try {
      return await answerOf(await fetch(path, {
        method: 'POST',
        cache: 'no-store',
        headers: {'content-type': 'application/json', 'troika-stamp': stamp},
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(patience),
      }));
    } catch (failure) {
      const silent = failure instanceof TypeError || failure instanceof DOMException;
      throw silent ? new Error('No answer from this node: whether it was done is not known.') : failure;
    }
  }

  async function look() {
    try {
      welcome = await answerOf(await fetch('/session', {cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MILLIS)}));
      if (welcome.session) enter(welcome.session);
    } catch {
      welcome = null; // no node, no log-in; the next look may know more
      setTimeout(look, 5000);
    }
    show();
  }

  // ---- the session

  function enter(opened) {
    session = {caller: opened.caller, stamp: opened.stamp, until: Date.now() + opened.secondsLeft * 1000};
    show();
  }

  function leave() {
    session = null;
    show();
  }

  function show() {
    document.body.classList.toggle('operator', session != null);
    byId('logIn').hidden = session != null || welcome == null || welcome.way === 'closed';
    byId('logOut').hidden = session == null;
    byId('who').hidden = session == null;
    text('who', session ? `${session.caller}, ${span((session.until - Date.now()) / 1000)} left` : '');
    text('mode', session ? 'Logged in.' : welcome && welcome.way === 'closed' ? 'Read-only. ' + welcome.reason : 'Read-only.');
    if (shown) showParts();
  }

  function showParts() {
    showNodes(shown);
    showRest(shown);
  }

  function tick() {
    if (session == null) return;
    if (Date.now() >= session.until) {
      leave();
      tell('The log-in has ended.', false);
    } else {
      text('who', `${session.caller}, ${span((session.until - Date.now()) / 1000)} left`);
    }
  }

  // ---- words at the bottom

  function tell(words, bad) {
    const box = byId(bad ? 'failed' : 'done');
    byId(bad ? 'done' : 'failed').replaceChildren();
    box.replaceChildren(element('p', {}, words), button('Close', () => box.replaceChildren(), 'Close this message'));
  }

  function button(words, act, label) {
    const made = element('button', {type: 'button', onclick: act}, words);
    if (label) made.setAttribute('aria-label', label);
    return made;
  }

  // ---- dialogs

  function open(dialog) {
    opener = document.activeElement;
    problem(dialog, '');
    busy(dialog, false);
    dialog.showModal();
  }

  function problem(dialog, words) {
    dialog.querySelector('.problem').textContent = words;
  }

  function busy(dialog, is) {
    for (const control of dialog.querySelectorAll('button, input, select')) control.disabled = is;
    dialog.classList.toggle('busy', is);
  }

  /** The row that the opener stood in may have been made anew meanwhile. */
  function closed() {
    const key = opener && opener.dataset.key;
    const again = opener && opener.isConnected ? opener : key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (again) again.focus();
  }

  function openLogIn() {
    const token = welcome.way === 'token';
    text('logInReason', welcome.reason);
    byId('tokenField').hidden = !token;
    text('logInCertificate', welcome.way === 'open' ? ''
      : welcome.certificate ? `This browser shows the certificate “${welcome.certificate}”${token ? '; leave the field empty to use it' : ''}.`
        : 'This browser shows no certificate.');
    byId('token').value = '';
    open(byId('logInDialog'));
  }

  async function logIn(event) {
    event.preventDefault();
    const dialog = byId('logInDialog');
    const token = byId('token').value;
    byId('token').value = '';
    busy(dialog, true);
    try {
      const opened = await post('/session/open', {token}, 'log-in');
      opener = byId('logOut');
      enter(opened);
      dialog.close();
      tell(`Logged in as ${opened.caller}.`, false);
    } catch (failure) {
      busy(dialog, false);
      problem(dialog, failure.message);
      (byId('tokenField').hidden ? dialog.querySelector('[type=submit]') : byId('token')).focus();
    }
  }

  async function logOut() {
    const stamp = session.stamp;
    leave();
    byId('logIn').focus();
    try {
      await post('/session/end', {}, stamp);
      tell('Logged out.', false);
    } catch (failure) {
      tell(failure.message, true);
    }
  }

  /** One button in a row, which asks before anything happens. */
  function action(key, words, label, question) {
    const made = button(words, () => confirm(question()), label);
    made.dataset.key = key;
    return made;
  }

  function confirm(question) {
    asked = question;
    text('confirmTitle', question.title);
    text('confirmText', question.words);
    byId('packFields').hidden = question.path !== '/operator/pack';
    byId('packDays').value = '0';
    byId('packKeep').checked = false;
    text('confirmYes', question.yes);
    open(byId('confirmDialog'));
  }

  async function confirmed(event) {
    event.preventDefault();
    const dialog = byId('confirmDialog');
    const body = {...asked.body};
    if (asked.path === '/operator/pack') {
      body.days = byId('packDays').value;
      body.keepGarbage = byId('packKeep').checked;
    }
    busy(dialog, true);
    try {
      const said = await post(asked.path, body, session ? session.stamp : '', asked.patience);
      dialog.close();
      tell(said.done, false);
    } catch (failure) {
      busy(dialog, false);
      problem(dialog, failure.message);
      if (session == null) tell('The log-in has ended.', true);
    }
  }

  // ---- what the rows have

  function nodeActions(node, status) {
    const cell = element('span', {className: 'actions'});
    if (session == null || !node.reachable) return cell;
    const leader = status.leader.node;
    if (node.role === 'follower' && leader != null && status.groups.length < 2) {
      cell.append(action('lead ' + node.id, 'Make leader', `Make ${node.id} the leader`, () => ({
        title: `Make ${node.id} the leader?`,
        words: `${shown.leader.node} hands over to ${node.id}. Commits wait for a moment; clients follow by themselves.`,
        yes: 'Make leader', path: '/operator/transfer',
        body: {group: shown.groups[0].name, target: node.id, term: String(shown.leader.term)},
      })));
    }
    cell.append(action('snapshot ' + node.id, 'Snapshot', `Take a snapshot on ${node.id}`, () => ({
      title: `Take a snapshot on ${node.id}?`,
      words: 'What it has applied becomes durable now, and its log can be shortened. Nobody waits for that.',
      yes: 'Take snapshot', path: '/operator/snapshot', body: {node: node.id},
      patience: SNAPSHOT_MILLIS * shown.groups.length,
    })));
    return cell;
  }

  /** Where there are several groups, who leads which is chosen here. */
  function groupActions(group) {
    const cell = element('span', {className: 'actions'});
    if (session == null || group.leader == null) return cell;
    const name = group.name;
    for (const node of group.nodes) {
      if (!node.reachable || node.role !== 'follower') continue;
      cell.append(action(`lead ${node.id} ${name}`, `Make ${node.id} leader`, `Make ${node.id} the leader of ${name}`, () => {
        const now = shown.groups.find(found => found.name === name) || group;
        return {
          title: `Make ${node.id} the leader of ${name}?`,
          words: `${now.leader || 'Whoever leads it'} hands group ${name} over to ${node.id}. Commits in it wait for a moment; clients follow by themselves.`,
          yes: 'Make leader', path: '/operator/transfer', body: {group: name, target: node.id, term: String(now.term)},
        };
      }));
    }
    return cell;
  }

  function storageActions(storage) {
    const cell = element('span', {className: 'actions'});
    if (session == null) return cell;
    cell.append(action('pack ' + storage.name, 'Pack', `Pack ${storage.name}`, () => ({
      title: `Pack ${storage.name}?`,
      words: 'Old revisions are removed for good. Others go on reading and writing meanwhile.',
      yes: 'Pack', path: '/operator/pack', body: {storage: storage.name},
    })));
    if (welcome.backups) {
      cell.append(action('backup ' + storage.name, 'Back up', `Back up ${storage.name}`, () => ({
        title: `Back up ${storage.name}?`,
        words: `What the backup on ${shown.node} (backup.directory) does not have of it yet is added. Others go on reading and writing.`,
        yes: 'Back up', path: '/operator/back-up', body: {storage: storage.name},
      })));
    }
    return cell;
  }

  function start() {
    byId('logIn').onclick = openLogIn;
    byId('logOut').onclick = logOut;
    byId('logInForm').onsubmit = logIn;
    byId('confirmForm').onsubmit = confirmed;
    for (const dialog of document.querySelectorAll('dialog')) {
      dialog.addEventListener('close', closed);
      dialog.querySelector('.cancel').onclick = () => dialog.close();
    }
    setInterval(tick, 1000);
    look();
  }

  return {start, nodeActions, groupActions, storageActions};
})();
