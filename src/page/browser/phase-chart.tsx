import type { PagePhase } from '../page-model.ts';
import { clockText, spanText } from './texts.ts';

/** What happened when, as bars on one scale. */
export function PhaseChart(props: { readonly phases: readonly PagePhase[]; readonly madeAt: number }) {
  const { phases, madeAt } = props;
  if (phases.length === 0) return null;
  const from = phases.reduce((least, phase) => Math.min(least, phase.from), Number.POSITIVE_INFINITY);
  const until = phases.reduce((most, phase) => Math.max(most, phase.until ?? madeAt), from + 1);
  const percent = (ms: number) => `${((ms / (until - from)) * 100).toFixed(3)}%`;
  return (
    <section aria-labelledby="phases">
      <h2 id="phases">Phases</h2>
      <ol class="phases">
        {phases.map((phase) => {
          const end = phase.until ?? madeAt;
          const name = phase.container === null ? phase.name : `${phase.container}: ${phase.name}`;
          return (
            <li key={name}>
              <span class="phase-name">{name}</span>
              <span class="phase-bar" aria-hidden="true">
                <span
                  class={`bar ${phase.name}`}
                  style={{
                    left: `min(${percent(phase.from - from)}, 100% - 2px)`,
                    width: percent(end - phase.from),
                  }}
                />
              </span>
              <span class="phase-time">
                {clockText(phase.from)}, {phase.until === null ? 'since then' : spanText(end - phase.from)}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}
