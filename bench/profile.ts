import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CpuProfile, selfTimes } from './report/cpu-profile.ts'
import { profileReport } from './report/profile-report.ts'
import { run } from './run/measure.ts'
import { parseRunOptions, UsageError, workloadOf } from './run/run-options.ts'

/** `bench profile WORKLOAD`: prints where the CPU time goes. Its rate is that of a profiled run. */
export async function profile(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args
  if (name === undefined) throw new UsageError('profile needs a workload')
  const options = parseRunOptions(workloadOf(name), rest)
  const folder = await mkdtemp(join(tmpdir(), 'millrace-profile-'))
  try {
    const result = await run(options, ['--cpu-prof', `--cpu-prof-dir=${folder}`])
    const [file] = await readdir(folder)
    if (file === undefined) throw new Error('the measured process has left no profile')
    // V8 wrote it.
    const recorded = JSON.parse(await readFile(join(folder, file), 'utf8')) as CpuProfile
    process.stdout.write(profileReport(result, selfTimes(recorded)))
    return result.line.verified === false ? 3 : 0
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
