import type { PageModel } from '../page-model.ts';
import { ContainerLog } from './container-log.tsx';
import { ContainerTable } from './container-table.tsx';
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
        <PhaseChart phases={model.phases} madeAt={model.madeAt} />
        {model.report === null ? null : <ReportCard json={model.report} />}
        {model.containers.map((container, index) => (
          <ContainerLog key={container.name} container={container} isFirst={index === 0} />
        ))}
        <ContainerTable containers={model.containers} />
        <Outputs outputs={model.outputs} complaints={model.complaints} />
      </main>
    </>
  );
}
