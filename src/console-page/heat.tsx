// How long answers took, as a picture: a column is a few seconds, a row a span of durations. A place of it leads to the questions of that
// moment, by pointer or keys. Knows the canvas; sums are seconds.ts's.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { events } from './happenings.ts';
import { Card } from './parts.tsx';
import { go } from './route.ts';
import { bandOf, cellsOf, gridOf, histogram, rowOf, within } from './seconds.ts';
import type { Grid } from './seconds.ts';
import type { Latency, Second } from './shapes.ts';
import { theme } from './theme.ts';
import { clock, count, took } from './words.ts';

const LEFT = 52,
  BOTTOM = 22,
  COLUMN = 6;
const LABELS = [10, 100, 1000, 10_000, 100_000, 1e6];

interface Spot {
  readonly column: number;
  readonly row: number;
}

/** The card. */
export function Heat({
  seconds,
  bounds,
  wide,
}: {
  readonly seconds: readonly Second[];
  readonly bounds: Latency['bounds'];
  readonly wide: string;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const chosen = useSignal<Spot | undefined>(undefined),
    width = useSignal(0),
    height = useSignal(0);
  const now = seconds.at(-1)?.at ?? Math.floor(Date.now() / 1000);
  const columns = Math.max(20, Math.min(100, Math.floor((width.value - LEFT) / COLUMN)));
  const grid = gridOf(now, columns);
  useEffect(() => {
    const seen = new ResizeObserver(() => {
      width.value = canvas.current?.clientWidth ?? 0;
      height.value = canvas.current?.clientHeight ?? 0;
    });
    seen.observe(canvas.current!);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current !== null && width.value > 0 && height.value > 0) draw(canvas.current, seconds, bounds, grid, chosen.value);
  });
  void theme.value;
  void height.value;
  void events.value;
  const show = ({ column, row }: Spot): void => {
    const from = (grid.begins + column * grid.seconds) * 1000,
      [low, high] = bandOf(row, grid.rows, bounds);
    const words = [...(low > 0 ? [`>${low - 1}us`] : []), ...(high === undefined ? [] : [`<${high}us`])];
    go('queries', { filter: words.join(' '), from: String(from), until: String(from + grid.seconds * 1000) });
  };
  const at = (event: MouseEvent): Spot | undefined => {
    const { clientWidth, clientHeight } = canvas.current!;
    const column = Math.floor(((event.offsetX - LEFT) / (clientWidth - LEFT)) * grid.columns);
    const row = Math.floor(((clientHeight - BOTTOM - event.offsetY) / (clientHeight - BOTTOM)) * grid.rows);
    return column < 0 || row < 0 || column >= grid.columns || row >= grid.rows ? undefined : { column, row };
  };
  const move = (event: KeyboardEvent): void => {
    const steps: { readonly [key: string]: readonly [number, number] } = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    };
    const step = steps[event.key];
    const place = chosen.value ?? { column: grid.columns - 1, row: busiest(seconds) };
    if (event.key === 'Enter' && chosen.value !== undefined) show(chosen.value);
    else if (step !== undefined) {
      const limit = (value: number, most: number): number => Math.max(0, Math.min(most - 1, value));
      chosen.value = { column: limit(place.column + step[0], grid.columns), row: limit(place.row + step[1], grid.rows) };
    } else return;
    event.preventDefault();
  };
  const [half, most] = [0.5, 0.99].map((part) => within(seconds, part, bounds));
  const text = chosen.value === undefined ? 'no moment chosen' : placeText(chosen.value, seconds, grid, bounds);
  return (
    <Card
      id="heat"
      wide={wide}
      title="How long answers took"
      small="last 10 minutes"
      aside={half === undefined ? 'nothing yet' : `half within ${took(half)}, 99 % within ${took(most!)}`}
    >
      <canvas
        ref={canvas}
        tabIndex={0}
        role="slider"
        aria-label="A moment: arrow keys choose one and a duration, Enter shows its questions"
        aria-valuemin={0}
        aria-valuemax={grid.columns * grid.rows}
        aria-valuenow={chosen.value === undefined ? 0 : chosen.value.column * grid.rows + chosen.value.row}
        aria-valuetext={text}
        onKeyDown={move}
        onClick={(event) => {
          const place = at(event);
          if (place !== undefined) show(place);
        }}
        onPointerMove={(event) => (chosen.value = at(event))}
        onPointerLeave={() => (chosen.value = undefined)}
      />
      <div class="foot">
        <span>{chosen.value === undefined ? 'Each cell leads to its questions.' : text}</span>
      </div>
    </Card>
  );
}
/** The row that has most. */
function busiest(seconds: readonly Second[]): number {
  const counts = histogram(seconds.slice(-10));
  const step = counts.reduce((best, many, i) => ((many ?? 0) > (counts[best] ?? 0) ? i : best), 0);
  return Math.max(0, Math.floor((step - 8) / 4));
}
function placeText({ column, row }: Spot, seconds: readonly Second[], grid: Grid, bounds: Latency['bounds']): string {
  const from = (grid.begins + column * grid.seconds) * 1000,
    [low, high] = bandOf(row, grid.rows, bounds);
  const many = cellsOf(seconds, grid).find((cell) => cell.column === column && cell.row === row)?.count ?? 0;
  return `${clock(from)}, ${took(low / 1e6)} ${high === undefined ? 'and more' : `to ${took(high / 1e6)}`}: ${count(many)} answers`;
}

function draw(
  canvas: HTMLCanvasElement,
  seconds: readonly Second[],
  bounds: Latency['bounds'],
  grid: Grid,
  chosen: Spot | undefined,
): void {
  const ratio = devicePixelRatio || 1,
    { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext('2d')!;
  pen.scale(ratio, ratio);
  const colour = (name: string): string => getComputedStyle(canvas).getPropertyValue(name);
  const [ink, faint, accent, warn] = [colour('--heat-ink'), colour('--heat-faint'), colour('--heat'), colour('--heat-slow')];
  const w = (width - LEFT) / grid.columns,
    h = (height - BOTTOM) / grid.rows;
  const cells = cellsOf(seconds, grid);
  const most = cells.reduce((high, cell) => Math.max(high, cell.count), 1);
  const slow = rowOf(100_000, grid.rows, bounds);
  for (const { column, row, count: many } of cells) {
    pen.globalAlpha = 0.2 + 0.8 * (Math.log1p(many) / Math.log1p(most));
    pen.fillStyle = row >= slow ? warn! : accent!;
    pen.fillRect(LEFT + column * w + 0.5, height - BOTTOM - (row + 1) * h + 0.5, Math.max(1, w - 1), Math.max(1, h - 1));
  }
  pen.globalAlpha = 1;
  pen.fillStyle = pen.strokeStyle = faint!;
  pen.font = '11px system-ui, sans-serif';
  pen.textBaseline = 'middle';
  pen.textAlign = 'right';
  for (const label of LABELS) pen.fillText(took(label / 1e6), LEFT - 8, height - BOTTOM - rowOf(label, grid.rows, bounds) * h);
  pen.textAlign = 'center';
  const every = Math.ceil(120 / (grid.seconds * w)) * 60;
  for (let at = Math.ceil(grid.begins / every) * every; at < grid.begins + grid.columns * grid.seconds; at += every) {
    const x = LEFT + ((at - grid.begins) / grid.seconds) * w;
    if (x > LEFT + 14 && x < width - 14) pen.fillText(clock(at * 1000).slice(0, 5), x, height - 8);
  }
  pen.textAlign = 'left';
  pen.setLineDash([3, 3]);
  for (const { event, at, first } of events.value) {
    const x = LEFT + ((at / 1000 - grid.begins) / grid.seconds) * w;
    if (event !== 'load' || x < LEFT || x > width) continue;
    pen.beginPath();
    pen.moveTo(x, 2);
    pen.lineTo(x, height - BOTTOM);
    pen.stroke();
    pen.fillText(first === true ? 'start' : 'reload', Math.min(x + 5, width - 36), 9);
  }
  if (chosen === undefined) return;
  pen.setLineDash([]);
  pen.strokeStyle = ink!;
  pen.lineWidth = 2;
  pen.strokeRect(LEFT + chosen.column * w, height - BOTTOM - (chosen.row + 1) * h, w, h);
}
