// A trial: feeds an app, kills it, and compares its target with a recount.
export { runTrial } from './run-trial.ts'
export type { Judgement, PreparedTrial, Trial, TrialSetting } from './trial.ts'

// What trials are made of, for one that is run in another way.
export { Background } from './background.ts'
export { Feeder, type FedRecord } from './feeder.ts'
export { feedTopics } from './feed-topics.ts'
export { feedLimit, planKills, type PlannedKill } from './kill-plan.ts'
export { LagProbe, type GroupReads, type Lag } from './lag.ts'
export { ProgramProcess, type Exit, type ProgramSettings } from './program-process.ts'
export { seededRandom, type Random } from './random.ts'
export { Rate } from './rate.ts'
export { assertReachable } from './run-trial.ts'
export { cleanUpTopics, createTopics, partitionsOf } from './topics.ts'
export { pause, waitFor } from './wait.ts'

// A program on a terminal.
export { type Flags, helpOf, readCommandLine, wholeNumber } from './command-line.ts'
export { TrialFailure } from './failure.ts'
export { runProgram } from './run-program.ts'
export { bar, count, percent, seconds } from './terminal/figures.ts'
export { type Colour, type Paint, coloured, paintFor, plain } from './terminal/paint.ts'
export { Screen, standardError, type ScreenTarget } from './terminal/screen.ts'
