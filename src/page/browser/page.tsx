import type { PageModel } from '../page-model.ts';
import { ContainerLog } from './container-log.tsx';
import { Outputs } from './outputs.tsx';
import { PhaseChart } from './phase-chart.tsx';
import { ReportCard } from './report-card.tsx';
import { RunHead } from './run-head.tsx';
import { ContainerTable } from './container-table.tsx';

/** The whole page of a run. */
export function Page({ model }: { readonly model: PageModel }) {
  return (
    <>
      <RunHead model={model} />
      <main>
        {model.report === null ? null : <ReportCard json={model.report} />}
        <PhaseChart phases={model.phases} madeAt={model.madeAt} />
        <ContainerTable containers={model.containers} />
        {model.containers.map((container) => (
          <ContainerLog key={container.name} container={container} />
        ))}
        <Outputs outputs={model.outputs} complaints={model.complaints} />
      </main>
    </>
  );
}
