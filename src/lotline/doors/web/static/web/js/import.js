/* Importing: how far the server is, and what to do where it stops answering. Without scripts the forms go the plain way.
   The answer takes the place of the page, so that Back finds the form as it was left, and a reload never sends it again. */
const EVERY_MS = 800;
const left = [];
const wait = ms => new Promise(done => { setTimeout(done, ms); });
const place = () => document.querySelector('[data-import-progress]');

document.addEventListener('submit', event => {
  const form = event.target.closest('[data-import]');
  if (!form || form.getAttribute('aria-busy') === 'true') return event.target.closest('[data-import]') && event.preventDefault();
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  busy(form, true);
  const stop = watch(() => {});
  try {
    const answer = await fetch(form.action, { method: 'POST', body });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (!page.getElementById('page') || answer.redirected) return location.assign(answer.url);
    stop();
    busy(form, false);
    show(page, form.dataset.import);
  } catch (_error) {
    stop();
    busy(form, false);
    tell('red', place().dataset.lost);
  }
}

function busy(form, now) {
  for (const button of form.querySelectorAll('[type=submit]')) {
    button.disabled = now;
    if (now) button.setAttribute('aria-busy', 'true'); else button.removeAttribute('aria-busy');
  }
  if (now) form.setAttribute('aria-busy', 'true'); else form.removeAttribute('aria-busy');
}

function tell(tone, text, said = {}) {
  const note = place();
  if (!note) return;
  const bar = note.querySelector('[data-bar]');
  note.hidden = false;
  note.classList.toggle('red', tone === 'red');
  note.querySelector('[data-text]').textContent = text;
  note.querySelector('p').hidden = bar.hidden = tone === 'red';
  if (said.total) { bar.max = said.total; bar.value = said.done; } else bar.removeAttribute('value');
  if (tone === 'red') note.scrollIntoView({ block: 'nearest' });
}

/* Ask how far it is until told to stop; ``ended`` is called once nobody is at it any more. */
function watch(ended) {
  let on = true;
  const note = place(), address = note.dataset.importProgress;
  if (note.hidden || note.classList.contains('red')) tell('', note.dataset.working || note.querySelector('[data-text]').textContent);
  (async () => {
    for (let first = true; on; first = false) {
      await wait(first ? EVERY_MS / 4 : EVERY_MS);
      try {
        const said = await (await fetch(address, { cache: 'no-store' })).json();
        if (on && said.working) tell('', said.text, said);
        if (on && !said.working) ended();
      } catch (_error) { /* the answer itself will tell */ }
    }
  })();
  return () => { on = false; const here = place(); if (here) here.hidden = true; };
}

/* ── the answer, and the way back ── */
function put(title, nodes) {
  document.title = title;
  const page = document.getElementById('page');
  page.replaceChildren(...nodes);
  scrollTo(0, 0);
  (page.querySelector('[data-take-focus]') || page).focus();
}

function show(answer, address) {
  left.push({ title: document.title, nodes: [...document.getElementById('page').childNodes] });
  history.pushState({ import: left.length }, '', address);
  put(answer.title, [...document.adoptNode(answer.getElementById('page')).childNodes]);
}

addEventListener('popstate', event => {
  const at = event.state && event.state.import || 0, page = left[at];
  if (!page) return location.reload();
  left.length = at;
  put(page.title, page.nodes);
});

if (document.querySelector('[data-import-wait]')) watch(() => location.reload());
