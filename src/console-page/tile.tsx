// A number with its last minutes. Knows lines; knows nothing of what it counts.
const WIDTH = 120,
  HEIGHT = 34;

/** Points of a line from left to right, as a path. */
function pathOf(line: readonly number[]): string {
  const high = Math.max(...line, 1e-9),
    step = WIDTH / Math.max(1, line.length - 1);
  return line
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${(i * step).toFixed(1)} ${(HEIGHT - 3 - (value / high) * (HEIGHT - 8)).toFixed(1)}`)
    .join('');
}
/** The tile. */
export function Tile({
  title,
  value,
  unit,
  line,
  tone,
  note,
}: {
  readonly title: string;
  readonly value: string | undefined;
  readonly unit?: string;
  readonly line: readonly number[];
  readonly tone: string;
  readonly note?: string | undefined;
}) {
  const path = line.length > 1 ? pathOf(line) : '';
  return (
    <div class={`card tile ${tone}`}>
      <span>{title}</span>
      <b>
        {value ?? '–'}
        {value === undefined || unit === undefined ? null : <i>{unit}</i>}
      </b>
      <em title={note}>{note ?? ''}</em>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {path === '' ? null : (
          <>
            <path class="under" d={`${path}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
            <path class="line" d={path} />
          </>
        )}
      </svg>
    </div>
  );
}
