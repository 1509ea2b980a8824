/* What the parts of the genealogy share: words, elements, the canvas. */
/* Ids of places and of steps of many lots begin with a word and a colon. */
export const isLot = id => !id.includes(':');

export const PAD = 16;
export const START = 1, SOURCE = 2, SUSPECT = 4, POSSIBLE = 8;
export const number = n => n.toLocaleString('en-US');
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => values[key]);
export const make = (tag, css, text) => { const el = document.createElement(tag); if (css) el.className = css; if (text !== undefined) el.textContent = text; return el; };
export const draw = (tag, attributes) => { const el = document.createElementNS('http://www.w3.org/2000/svg', tag); for (const key in attributes) el.setAttribute(key, attributes[key]); return el; };
export const icon = name => { const el = draw('svg', { class: 'icon icon-xs', 'aria-hidden': 'true' }); el.append(draw('use', { href: document.body.dataset.icons + '#' + name })); return el; };
export const press = (css, text, action) => { const el = make('button', css, text); el.type = 'button'; el.addEventListener('click', action); return el; };

const css = getComputedStyle(document.documentElement);
export const colour = name => css.getPropertyValue('--' + name).trim();

/* A pen on a clean canvas of this size, sharp on every screen. */
export function takePen(canvas, width, height) {
  const ratio = devicePixelRatio || 1, pen = canvas.getContext('2d');
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    Object.assign(canvas.style, { width: width + 'px', height: height + 'px' });
  }
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

/* All that is reached from these, against and along the links; ``next`` are two functions from one to its neighbours. */
export function findLineage(from, next) {
  const found = new Set(from);
  for (const neighbours of next) {
    const seen = new Set(from), queue = [...from];
    while (queue.length) for (const at of neighbours(queue.pop())) if (!seen.has(at)) { seen.add(at); found.add(at); queue.push(at); }
  }
  return found;
}
