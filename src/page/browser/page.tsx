import type { PageModel } from '../page-model.ts';
import { ContainerLog } from './container-log.tsx';
import { ContainerTable } from './container-table.tsx';
import { Guarded } from './guarded.tsx';
import { Outputs } from './outputs.tsx';
import { PhaseChart } from './phase-chart.tsx';
import { ReportCard } from './report-card.tsx';
import { RunHead } from './run-head.tsx';

/** The whole page of a run. */
export function Page({ model }: { readonly model: PageModel }) {
  return (
    <>
      <RunHead model={model} />
      <main>
        <Guarded>
          <PhaseChart phases={model.phases} madeAt={model.madeAt} />
        </Guarded>
        {model.report === null ? null : (
          <Guarded>
            <ReportCard json={model.report} />
          </Guarded>
        )}
        {model.containers.map((container, index) => (
          <Guarded key={container.name}>
            <ContainerLog container={container} isFirst={index === 0} />
          </Guarded>
        ))}
        <Guarded>
          <ContainerTable containers={model.containers} />
        </Guarded>
        <Guarded>
          <Outputs outputs={model.outputs} complaints={model.complaints} />
        </Guarded>
      </main>
    </>
  );
}
