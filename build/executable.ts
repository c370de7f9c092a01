import { copyFile, writeFile } from 'node:fs/promises';
import { execa } from 'execa';

/** Makes the single executable: the pinned runtime, stripped where `strip` is at hand, with the bundle inside. */
export async function makeExecutable(bundle: string, output: string): Promise<void> {
  const runtime = 'dist/node';
  await copyFile(process.execPath, runtime);
  await execa('strip', [runtime], { reject: false });
  const configuration = {
    main: bundle,
    output,
    executable: runtime,
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    execArgvExtension: 'none',
    execArgv: ['--disable-warning=ExperimentalWarning', '--disable-sigusr1'],
  };
  await writeFile('dist/sea.json', JSON.stringify(configuration));
  await execa(process.execPath, ['--build-sea', 'dist/sea.json'], { stdio: 'inherit' });
}
