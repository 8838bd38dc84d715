import { afterEach } from 'node:test'

const open: (() => Promise<void>)[] = []

/** Closes something when the test that runs is over, the last first. Tests of a file run one after the other. */
export function closeAfterTest(close: () => Promise<void>): void {
  open.push(close)
}

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close()
})
