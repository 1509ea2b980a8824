/* One listener for scanners that type (keyboard wedge), and for the keys of the office screens.

   A scan is six characters or more, no gap longer than 35 ms, ended by Enter, Tab or 60 ms of silence. It is read from
   event.code, because a Chinese input method swallows or converts what the scanner types, and it never stays in a text box
   unless the field asks for it (data-scan). A single key acts only once the silence shows that it was not the head of a scan. */
const GAP = 35, SILENCE = 60, LEAST = 6, AGAIN = 2000, GS = '\u001d';
const PLAIN = { Minus: '-', Equal: '=', BracketLeft: '[', BracketRight: ']', Backslash: '\\', Semicolon: ';', Quote: "'", Comma: ',', Period: '.', Slash: '/', Backquote: '`', Space: ' ', NumpadSubtract: '-', NumpadAdd: '+', NumpadDecimal: '.', NumpadDivide: '/', NumpadMultiply: '*' };
const SHIFTED = { Minus: '_', Equal: '+', BracketLeft: '{', BracketRight: '}', Backslash: '|', Semicolon: ':', Quote: '"', Comma: '<', Period: '>', Slash: '?', Backquote: '~', Digit1: '!', Digit2: '@', Digit3: '#', Digit4: '$', Digit5: '%', Digit6: '^', Digit7: '&', Digit8: '*', Digit9: '(', Digit0: ')' };

let burst = null, timer = 0, last = { code: '', at: -Infinity }, leader = 0;

/* The character of a key on the scanner's (US) keyboard; the group separator of GS1 comes as Ctrl+] or F8. */
function characterOf(event) {
  const code = event.code || '';
  if (event.key === GS || code === 'F8' || (event.ctrlKey && code === 'BracketRight')) return GS;
  if (event.ctrlKey || event.metaKey || event.altKey) return '';
  if (event.shiftKey && SHIFTED[code]) return SHIFTED[code];
  if (/^Key[A-Z]$/.test(code)) return code[3];
  if (/^(Digit|Numpad)[0-9]$/.test(code)) return code.slice(-1);
  if (PLAIN[code]) return PLAIN[code];
  return code === '' && event.key && event.key.length === 1 ? event.key : '';
}

/* Full-width to ASCII, upper case, without the AIM prefix that names the symbology. */
export function cleanCode(text) {
  const ascii = text.replace(/[\uff01-\uff5e]/g, one => String.fromCharCode(one.charCodeAt(0) - 0xfee0)).replace(/\u3000/g, ' ');
  return ascii.toUpperCase().trim().replace(/^\][A-Z][0-9A-Z]/, '').replace(/^\u001d+|\u001d+$/g, '');
}

const isText = el => el && el.closest && el.closest('textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit])');

function begin(event, character) {
  const field = isText(event.target);
  burst = { text: character, at: event.timeStamp, event, field, value: field && field.value };
}

function onKey(event) {
  if (['Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'Process'].includes(event.key) && !event.code.startsWith('Key')) return;
  const live = burst && event.timeStamp - burst.at <= SILENCE;
  if ((event.key === 'Enter' || event.key === 'Tab') && live && burst.text.length >= LEAST) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return finish();
  }
  const character = characterOf(event);
  if (!character) { burst = null; return; }
  if (burst && event.timeStamp - burst.at <= GAP) {
    burst.text += character;
    burst.at = event.timeStamp;
    if (!burst.field || character === GS) event.preventDefault();
  } else {
    begin(event, character);
    if (!burst.field && keyAction(event)) event.preventDefault();
  }
  clearTimeout(timer);
  timer = setTimeout(finish, SILENCE);
}

function finish() {
  clearTimeout(timer);
  const done = burst;
  burst = null;
  if (!done) return;
  if (done.text.length >= LEAST) return accept(cleanCode(done.text), done);
  if (done.text.length === 1 && !done.field) { const action = keyAction(done.event); if (action) action(); }
}

function accept(code, done) {
  const field = done.field, now = performance.now();
  if (field && !field.matches('[data-scan]')) {
    field.value = done.value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }
  if (!code || (code === last.code && now - last.at < AGAIN)) return;
  last = { code, at: now };
  const place = document.getElementById('scan-result');
  if (place) place.textContent = code;
  signal();
  const scan = new CustomEvent('lotline:scan', { bubbles: true, cancelable: true, detail: { code } });
  if (field && field.matches('[data-scan]')) {
    field.value = code;
    field.dispatchEvent(scan);
    field.dispatchEvent(new Event('change', { bubbles: true }));
  } else if (document.dispatchEvent(scan)) openCode(code);
}

/* Any code, any screen: the search recognises it and opens the right thing. */
function openCode(code) {
  const form = document.querySelector('form.search');
  if (form) location.assign(form.action + '?q=' + encodeURIComponent(code));
}

/* One high beep and a short buzz: heard, not yet judged. */
function signal() {
  if (navigator.vibrate) navigator.vibrate(40);
  try {
    const sound = signal.sound = signal.sound || new AudioContext(), tone = sound.createOscillator(), loud = sound.createGain();
    tone.frequency.value = 1760;
    loud.gain.value = .06;
    tone.connect(loud).connect(sound.destination);
    tone.start();
    tone.stop(sound.currentTime + .08);
  } catch (error) { /* no sound on this device */ }
}

/* ── keys ── */
function keyAction(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return null;
  const key = event.key;
  if (leader && event.timeStamp - leader < 1500) {
    const entry = /^[a-z]$/i.test(key) && document.querySelector(`[data-go="${key.toLowerCase()}"]`);
    if (entry) return () => { leader = 0; location.assign(entry.href); };
  }
  if (key === '/') return focusSearch;
  if (key === '?') return showKeys;
  if (key === 'g') return () => { leader = event.timeStamp; };
  if (key === '[' || key === ']') return direction(key === '[' ? 'sources' : 'destinations');
  const letter = key.toLowerCase();
  if (letter === 's' || letter === 'h') { const action = lotAction(letter); if (action) return action; }
  const link = /^[a-z]$/.test(letter) && document.querySelector(`[data-key="${letter}"]`);
  if (link) return () => link.click();
  if (key === 'j' || key === 'k') return rowAction(key === 'j' ? 1 : -1);
  return null;
}

export function focusSearch() {
  const fields = [...document.querySelectorAll('[data-search]')], field = fields[fields.length - 1];
  if (field) { field.focus(); field.select(); }
}

/* Only the keys that do something on this page. */
function showKeys() {
  const keys = document.getElementById('keys');
  if (!keys) return;
  for (const row of keys.querySelectorAll('[data-when]')) row.hidden = !document.querySelector(row.dataset.when);
  keys.showModal();
}

/* S and H of the genealogy: for the card or row that has the focus, else for the lot that the page is about. */
function lotAction(letter) {
  const root = document.querySelector('[data-genealogy]'), genealogy = root && root.genealogy;
  if (!genealogy) return null;
  const focused = document.activeElement && root.contains(document.activeElement) ? document.activeElement.closest('[data-lot]') : null;
  if (document.activeElement && root.contains(document.activeElement) && document.activeElement.closest('.lot-card') && !focused) return () => {};
  const id = focused ? focused.dataset.lot : genealogy.startId();
  if (!id || (letter === 'h' && !root.dataset.holdAddress)) return null;
  return () => letter === 's' ? genealogy.mark(id) : genealogy.hold(id);
}

/* Again on the same key: back to both. */
function direction(code) {
  const link = document.querySelector(`[data-direction="${code}"]`), both = document.querySelector('[data-direction="both"]');
  if (!link) return null;
  return () => (link.hasAttribute('aria-current') && both ? both : link).click();
}

function rowAction(step) {
  const links = [...document.querySelectorAll('[data-row]')].map(row => row.querySelector('a[href]')).filter(Boolean);
  if (!links.length) return null;
  return () => { const at = links.indexOf(document.activeElement); links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus(); };
}

document.addEventListener('keydown', onKey, true);
document.addEventListener('click', event => {
  if (event.target.closest('[data-focus-search]')) focusSearch();
  if (event.target.closest('[data-show-keys]')) showKeys();
});
