/* The small things of the shell: menus, suggestions, drawer, toasts, copying a code. Pages work without it. */
const TOAST_MS = 6000;

/* ── menus ── */
document.addEventListener('click', event => {
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
  for (const box of document.querySelectorAll('.suggestions')) if (!box.parentElement.contains(event.target)) clear(box);
});

/* ── suggestions: arrows choose, Enter opens, Shift+Enter only where it went ── */
function clear(box) {
  box.replaceChildren();
  const field = box.parentElement.querySelector('[data-search]');
  field.setAttribute('aria-expanded', 'false');
  field.removeAttribute('aria-activedescendant');
}

function choose(field, box, step) {
  const all = [...box.querySelectorAll('.suggestion')];
  if (!all.length) return;
  const at = all.findIndex(one => one.getAttribute('aria-selected') === 'true'), next = (at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length;
  all.forEach((one, other) => { one.id = 'suggestion-' + other; one.setAttribute('aria-selected', String(other === next)); });
  field.setAttribute('aria-activedescendant', all[next].id);
  all[next].scrollIntoView({ block: 'nearest' });
}

document.addEventListener('keydown', event => {
  const field = event.target.closest && event.target.closest('[data-search]');
  if (!field) return;
  const box = field.closest('.search').querySelector('.suggestions');
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); choose(field, box, event.key === 'ArrowDown' ? 1 : -1); }
  const chosen = box.querySelector('[aria-selected=true]');
  if (event.key === 'Enter' && chosen) { event.preventDefault(); location.assign(event.shiftKey && chosen.dataset.destinations || chosen.href); }
  if (event.key === 'Escape') { if (box.children.length) clear(box); else field.blur(); }
});

document.addEventListener('htmx:afterSwap', event => {
  const target = event.detail.target;
  if (target.classList.contains('suggestions')) target.parentElement.querySelector('[data-search]').setAttribute('aria-expanded', String(target.children.length > 0));
  if (target.id === 'drawer-place') openDrawer(target);
});

/* ── drawer ── */
let opener = null;
function openDrawer(place) {
  const drawer = place.querySelector('[data-drawer]');
  if (!drawer) return;
  if (document.activeElement && document.activeElement !== document.body && !drawer.contains(document.activeElement)) opener = document.activeElement;
  (drawer.querySelector('[data-first]') || drawer).focus();
}
function closeDrawer() {
  const place = document.getElementById('drawer-place');
  if (!place || !place.children.length) return;
  place.replaceChildren();
  if (opener && opener.isConnected) opener.focus();
  opener = null;
}
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  closeDrawer();
  for (const menu of document.querySelectorAll('details.menu[open]')) { menu.open = false; menu.querySelector('summary').focus(); }
});

/* ── clicks on marked things ── */
document.addEventListener('click', event => {
  const on = name => event.target.closest(`[data-${name}]`);
  if (on('close-drawer')) closeDrawer();
  const toast = on('dismiss') && on('toast');
  if (toast) toast.remove();
  const code = on('copy');
  if (code && navigator.clipboard && !String(getSelection())) navigator.clipboard.writeText(code.textContent.trim());
});

/* A toast goes by itself, but not while it is being read or offers an undo. */
for (const toast of document.querySelectorAll('[data-toast]')) {
  const go = () => { if (toast.matches(':hover, :focus-within') || toast.querySelector('[data-undo]')) setTimeout(go, TOAST_MS); else toast.remove(); };
  setTimeout(go, TOAST_MS);
}

/* A form that failed says so where the reader is. */
const wanted = document.querySelector('[data-take-focus]');
if (wanted) wanted.focus();

/* ── steps: all, or only what was unusual; folded ones open when they are looked for ── */
document.addEventListener('click', event => {
  const button = event.target.closest('[data-step-filter]');
  if (!button) return;
  const card = button.closest('[data-steps]'), only = button.dataset.stepFilter === 'abnormal';
  for (const other of button.parentElement.children) other.setAttribute('aria-pressed', String(other === button));
  let shown = 0;
  for (const step of card.querySelectorAll('.timeline > li')) { step.hidden = only && !step.hasAttribute('data-abnormal'); if (!step.hidden) shown += 1; }
  const none = card.querySelector('[data-steps-none]');
  if (none) none.hidden = shown > 0;
});

/* ── paper shows what is folded on the screen ── */
addEventListener('beforeprint', () => { for (const one of document.querySelectorAll('.timeline-more:not([open])')) { one.open = true; one.dataset.printed = ''; } });
addEventListener('afterprint', () => { for (const one of document.querySelectorAll('.timeline-more[data-printed]')) { one.open = false; delete one.dataset.printed; } });

/* ── a file that is chosen says so; a form that works does not send twice ── */
document.addEventListener('submit', event => {
  const button = event.target.matches('[data-busy]') && (event.submitter || event.target.querySelector('[type=submit]'));
  if (!button) return;
  button.setAttribute('aria-busy', 'true');
  setTimeout(() => { button.disabled = true; });
  setTimeout(() => tellWaiting(button, performance.now()), 2000);
});
/* What takes long says that it is still at it, and for how long. */
function tellWaiting(button, began) {
  const place = document.getElementById('toasts'), words = place && place.dataset.waiting;
  if (!words || button.getAttribute('aria-busy') !== 'true') return;
  const toast = document.createElement('div');
  toast.className = 'toast';
  toast.dataset.waiting = '';
  place.append(toast);
  const tick = () => {
    if (button.getAttribute('aria-busy') !== 'true') return toast.remove();
    toast.textContent = words.replace('{n}', Math.round((performance.now() - began) / 1000) + 2);
    setTimeout(tick, 1000);
  };
  tick();
}
addEventListener('pageshow', () => { for (const button of document.querySelectorAll('[aria-busy=true]')) { button.removeAttribute('aria-busy'); button.disabled = false; } });
