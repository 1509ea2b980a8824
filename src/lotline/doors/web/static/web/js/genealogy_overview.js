/* All lots at once: one square each, hold violet, suspect red; the lot under the pointer shows its lineage. */
import { PAD, POSSIBLE, SOURCE, START, SUSPECT, colour, findLineage, make, takePen } from './genealogy_parts.js';

export class Overview {
  constructor(owner) { this.owner = owner; }

  get words() { return this.owner.words; }
  get root() { return this.owner.root; }
  get width() { return this.owner.width; }

  render() {
    const data = this.data = this.owner.data, count = data.stages.length || 1, room = (this.width - PAD * 2) / count, wide = room - Math.min(30, room * .2), most = Math.max(...data.stages.map(stage => stage.lots), 1);
    let unit = 14;
    while (unit > 3 && Math.ceil(most / Math.max(1, Math.floor(wide / unit))) * unit > 600) unit -= .5;
    this.unit = unit;
    this.perRow = Math.max(1, Math.floor(wide / unit));
    this.room = room;
    this.tall = Math.ceil(most / this.perRow) * unit + PAD * 2;
    this.lines = make('canvas', 'genealogy-lines');
    this.scroll = make('div', 'genealogy-scroll');
    this.scroll.style.height = Math.min(720, this.tall) + 'px';
    this.world = make('div', 'genealogy-world');
    this.world.style.height = this.tall + 'px';
    this.scroll.append(this.world);
    this.scroll.tabIndex = 0;
    this.scroll.setAttribute('role', 'application');
    this.scroll.setAttribute('aria-label', this.owner.count(this.words.lots, data.lots));
    this.tip = make('div', 'genealogy-tip');
    this.tip.hidden = true;
    this.tip.setAttribute('role', 'status');
    this.root.replaceChildren(...this.owner.openedBar(), this.owner.heads(at => [PAD + at * room, wide]), this.lines, this.scroll, this.tip);
    this.lines.style.top = this.scroll.offsetTop + 'px';
    this.columnOf = new Uint16Array(data.lots);
    data.column_starts.forEach((first, at) => this.columnOf.fill(at, first, first + data.stages[at].lots));
    this.next = null;
    this.hover = null;
    this.scroll.addEventListener('pointermove', event => this.point(this.lotAt(event)));
    this.scroll.addEventListener('pointerleave', () => this.point(null));
    this.scroll.addEventListener('click', event => { const at = this.lotAt(event); if (at !== null) this.openAt(at); });
    this.scroll.addEventListener('keydown', event => this.walk(event));
    this.scroll.addEventListener('scroll', () => this.drawSquares(), { passive: true });
    this.drawSquares();
  }

  spot(at) {
    const column = this.columnOf[at], step = at - this.data.column_starts[column];
    return [PAD + column * this.room + step % this.perRow * this.unit, PAD + Math.floor(step / this.perRow) * this.unit - this.scroll.scrollTop];
  }

  lotAt(event) {
    const box = this.scroll.getBoundingClientRect(), x = event.clientX - box.left - PAD, y = event.clientY - box.top - PAD + this.scroll.scrollTop, column = Math.floor(x / this.room);
    const along = Math.floor((x - column * this.room) / this.unit), stage = this.data.stages[column];
    if (!stage || y < 0 || along < 0 || along >= this.perRow) return null;
    const step = Math.floor(y / this.unit) * this.perRow + along;
    return step < stage.lots ? this.data.column_starts[column] + step : null;
  }

  openAt(at) {
    if (this.data.ids) this.owner.openLot(this.data.ids[at]);
    else location.assign((document.querySelector('.search') || {}).action + '?q=' + encodeURIComponent(this.data.codes[at]));
  }

  walk(event) {
    const way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: this.perRow, ArrowUp: -this.perRow }[event.key];
    if (event.key === 'Enter' && this.hover !== null) return this.openAt(this.hover);
    if (event.key === 'Escape') return this.point(null);
    if (!way) return;
    event.preventDefault();
    const first = Math.max(0, this.data.marks.findIndex(mask => mask & START));
    this.point(this.hover === null ? first : Math.min(this.data.lots - 1, Math.max(0, this.hover + way)));
  }

  point(at) {
    if (at === this.hover) return;
    this.hover = at;
    this.tip.hidden = at === null;
    if (at !== null) {
      const [x, y] = this.spot(at), data = this.data, state = this.words.states[data.states[data.state[at]]];
      this.tip.replaceChildren(make('b', '', data.codes[at]), ' ' + [data.items[data.item[at]], data.marks[at] & SUSPECT ? this.words.states.suspect[0] : state && state[0], data.pairs ? '' : this.words.noLineage].filter(Boolean).join(' · '));
      this.tip.style.left = Math.max(4, Math.min(x + 16, this.width - this.tip.offsetWidth - 8)) + 'px';
      this.tip.style.top = y + this.scroll.offsetTop + 18 + 'px';
    }
    this.drawSquares();
  }

  lineageOf(at) {
    if (!this.data.pairs) return null;
    if (!this.next) {
      const out = new Map(), into = new Map(), add = (map, a, b) => { const list = map.get(a); if (list) list.push(b); else map.set(a, [b]); };
      for (let i = 0; i < this.data.pairs.length; i += 2) { add(out, this.data.pairs[i], this.data.pairs[i + 1]); add(into, this.data.pairs[i + 1], this.data.pairs[i]); }
      this.next = [out, into].map(map => one => map.get(one) || []);
    }
    return findLineage([at], this.next);
  }

  drawSquares() {
    const data = this.data, unit = this.unit, size = unit - (unit > 8 ? 2 : 1), tall = this.scroll.clientHeight, pen = takePen(this.lines, this.width, tall), hot = this.hover === null ? null : this.lineageOf(this.hover);
    const holds = data.states.indexOf('hold'), bad = data.states.indexOf('rejected'), tint = ['square', 'square-suspect', 'violet', 'red', 'accent'].map(colour);
    for (let at = 0; at < data.lots; at++) {
      const [x, y] = this.spot(at), mask = data.marks[at];
      if (y < -unit || y > tall) continue;
      pen.globalAlpha = hot && !hot.has(at) ? .25 : 1;
      const kind = mask & SOURCE ? 3 : mask & SUSPECT ? 1 : mask & START ? 4 : data.state[at] === holds ? 2 : data.state[at] === bad ? 3 : hot && hot.has(at) ? 4 : 0;
      pen.fillStyle = tint[kind];
      if (mask & POSSIBLE) { pen.strokeStyle = tint[kind]; pen.lineWidth = 1; pen.strokeRect(x + .5, y + .5, size - 1, size - 1); } else pen.fillRect(x, y, size, size);
    }
    pen.globalAlpha = 1;
    if (hot) this.drawLineage(pen, hot, unit / 2);
    pen.lineWidth = 2;
    for (let at = 0; at < data.lots; at++) {
      if (!(data.marks[at] & (START | SOURCE)) && at !== this.hover) continue;
      const [x, y] = this.spot(at);
      pen.strokeStyle = tint[data.marks[at] & SOURCE ? 3 : 4];
      pen.strokeRect(x - 3, y - 3, size + 6, size + 6);
    }
  }

  drawLineage(pen, hot, half) {
    pen.strokeStyle = colour('link-map');
    pen.lineWidth = 1;
    pen.globalAlpha = .7;
    pen.beginPath();
    for (let i = 0; i < this.data.pairs.length; i += 2) {
      const a = this.data.pairs[i], b = this.data.pairs[i + 1];
      if (!hot.has(a) || !hot.has(b)) continue;
      const [x, y] = this.spot(a), [tx, ty] = this.spot(b), mid = (x + tx) / 2;
      pen.moveTo(x + half, y + half);
      pen.bezierCurveTo(mid, y + half, mid, ty + half, tx + half, ty + half);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }
}
