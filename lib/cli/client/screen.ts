import { once } from 'node:events'
import { canRedraw, type Shell } from './shell.ts'

const QUIET_MS = 60_000 // after which a plain line says that there is life
const HELD = 1024 * 1024 // characters and bytes that wait while a question is open, before the writer does
const TAIL = 64 * 1024 // characters
const CLEAR = '\r\x1b[K'

/** Where things are shown: output as it is, sentences on standard error, and below them one line that changes, on a terminal. */
export class Screen {
  readonly #shell: Pick<Shell, 'stdout' | 'stderr'>
  readonly #canRedraw: boolean
  #status = ''
  #isDrawn = false
  #isLineOpen = false
  #tail = ''
  #saidAt = performance.now()
  #held: Array<readonly ['stdout' | 'stderr', string | Uint8Array]> = []
  #turn: Promise<void> | null = null
  #free: () => void = () => {}

  constructor (shell: Pick<Shell, 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off'>) {
    this.#shell = shell
    this.#canRedraw = canRedraw(shell)
  }

  /** Output of a job or a command; resolves when there is room for more. While a question is open it waits behind it. */
  async write (stream: 'stdout' | 'stderr', text: string | Uint8Array): Promise<void> {
    if (text.length === 0) return
    if (this.#turn) {
      this.#held.push([stream, text])
      if (this.#held.reduce((sum, [, { length }]) => sum + length, 0) > HELD) await this.#turn
    } else if (!this.#put(stream, text)) await once(this.#shell[stream], 'drain')
    this.#draw()
  }

  /** Whether some output of late held this. */
  hasShown (text: string): boolean {
    return this.#tail.includes(text)
  }

  /** A sentence of our own, on standard error. */
  say (sentence: string): void {
    this.#erase()
    this.#shell.stderr.write(`${this.#isLineOpen ? '\n' : ''}barmanapi: ${sentence}\n`)
    this.#isLineOpen = false
    this.#saidAt = performance.now()
    this.#draw()
  }

  /** How things stand: redrawn in place on a terminal, elsewhere a plain line after a minute of silence. */
  status (line: string): void {
    this.#status = line
    this.#erase()
    this.#draw()
    if (!this.#canRedraw && performance.now() - this.#saidAt >= QUIET_MS) this.say(line)
  }

  /** Shows a question at the foot; everything else waits until `release`. */
  hold (question: string): void {
    this.#erase()
    this.#turn ??= new Promise((resolve) => { this.#free = resolve })
    this.#shell.stderr.write(`${this.#isLineOpen ? '\n' : ''}${question}`)
    this.#isLineOpen = false
  }

  release (): void {
    this.#turn = null
    for (const [stream, text] of this.#held.splice(0)) this.#put(stream, text)
    this.#free()
    this.#draw()
  }

  /** Nothing more is to be redrawn. */
  end (): void {
    this.#erase()
    this.#status = ''
  }

  /** Whether there is room for more. */
  #put (stream: 'stdout' | 'stderr', text: string | Uint8Array): boolean {
    this.#erase()
    const last = text.at(-1)
    if (this.#shell[stream].isTTY) this.#isLineOpen = last !== '\n' && last !== 0x0a
    if (typeof text === 'string') this.#tail = (this.#tail + text).slice(-TAIL)
    this.#saidAt = performance.now()
    return this.#shell[stream].write(text)
  }

  #erase (): void {
    if (this.#isDrawn) this.#shell.stderr.write(CLEAR)
    this.#isDrawn = false
  }

  #draw (): void {
    if (!this.#canRedraw || this.#turn || this.#isLineOpen || this.#status === '') return
    this.#shell.stderr.write(this.#status.slice(0, (this.#shell.stderr.columns || 80) - 1))
    this.#isDrawn = true
  }
}
