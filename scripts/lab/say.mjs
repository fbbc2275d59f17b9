const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 80

/**
 * Tells a person what happens: headings, steps with their duration, lines. On a terminal a step turns while it lasts;
 * elsewhere, and under CI, there are plain lines only.
 * @param {NodeJS.WriteStream} [stream]
 */
export function narrator (stream = process.stdout) {
  const lively = Boolean(stream.isTTY) && !process.env.CI
  const paint = (code, text) => lively && !process.env.NO_COLOR ? `\x1b[${code}m${text}\x1b[0m` : text
  const line = (text = '') => stream.write(`${text}\n`)
  const marks = { good: paint(32, '✓'), bad: paint(31, '✗') }
  const step = lively ? turning : plain
  return {
    line,
    heading: (text) => line(`\n${paint(1, text)}`),
    dim: (text) => line(paint(2, text)),
    good: (text) => line(`${marks.good} ${text}`),
    bad: (text) => line(`${marks.bad} ${text}`),
    step: (title, work) => timed(title, work, () => step(stream, title), { line, marks })
  }
}

/** Runs the work with a function that shows its progress, and closes with a mark and the time it took. */
async function timed (title, work, open, { line, marks }) {
  const started = performance.now()
  const { progress, close } = open()
  const end = (mark) => {
    close()
    line(`${mark} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
  }
  try {
    const result = await work(progress)
    end(marks.good)
    return result
  } catch (error) {
    end(marks.bad)
    throw error
  }
}

/** One line of the terminal that turns and shows the last thing said, cut to the width. */
function turning (stream, title) {
  const started = performance.now()
  let said = ''
  let frame = 0
  const draw = () => {
    const seconds = Math.floor((performance.now() - started) / 1000)
    const text = `${FRAMES[frame++ % FRAMES.length]} ${title} ${seconds} s  ${said}`
    stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`)
  }
  const timer = setInterval(draw, FRAME_MS)
  return { progress: (text) => { said = text.trim() }, close: () => { clearInterval(timer); stream.write('\r\x1b[2K') } }
}

/** Growing lines. */
function plain (stream, title) {
  stream.write(`… ${title}\n`)
  return { progress: (text) => stream.write(`    ${text}\n`), close: () => {} }
}
