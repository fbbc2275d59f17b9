import { setTimeout as pause } from 'node:timers/promises'
import { Fault } from './fault.mjs'

/**
 * Asks again and again until the probe answers something truthy, and returns that; gives up with a Fault in time.
 * @template T
 * @param {string} what The state waited for, as the Fault names it.
 * @param {() => T | Promise<T>} probe
 * @param {{ timeoutMs?: number, everyMs?: number, because?: () => string }} [limits] `because` adds the last thing seen.
 * @returns {Promise<T>}
 */
export async function until (what, probe, { timeoutMs = 30_000, everyMs = 50, because = () => '' } = {}) {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const answer = await probe()
    if (answer) return answer
    if (performance.now() > deadline) throw new Fault(`Waited ${timeoutMs / 1000} s in vain until ${what}. ${because()}`.trim())
    await pause(everyMs)
  }
}
