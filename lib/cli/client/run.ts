import { randomUUID } from 'node:crypto'
import type { CommandHelp, CommandReply } from '../../../schemas/command.ts'
import type { Job } from '../../../schemas/job.ts'
import { describe } from './describe.ts'
import { followToEnd } from './end.ts'
import { EXIT, WrongCall } from './exits.ts'
import { readFlags, RUN_FLAGS, splitAtCommand } from './flags.ts'
import { knowsKeys } from './idempotency.ts'
import { untilLeft } from './leave.ts'
import type { Screen } from './screen.ts'
import { json, type Service } from './service.ts'
import { type ClientWord, withService } from './session.ts'
import { bodyOf, takeOurs } from './words.ts'

/** `run [OPTION...] COMMAND [WORD...]`: calls a command of the service's Barman, and follows its job when asked to. */
export const run: ClientWord = async (args, shell, screen) => {
  const { ours, words: [command, ...behind] } = splitAtCommand(args, RUN_FLAGS)
  const { values } = readFlags(ours, RUN_FLAGS)
  if (command === undefined || command === '--') throw new WrongCall('run: no command is given; see barmanapi run --help')
  const { words, isHelp, ...told } = takeOurs(behind)
  const isWait = told.isWait || values.wait === true
  const isJson = told.isJson || values.json === true
  return withService(values, shell, screen, async (service) => {
    const help = await service.get<CommandHelp>(`barman/${encodeURIComponent(command)}/help`)
    if (isHelp) return print(screen, describe(help))
    const body = bodyOf(words, help)
    const key = values['idempotency-key'] ?? (shell.env['BARMANAPI_IDEMPOTENCY_KEY'] || randomUUID())
    const reply = await untilLeft(post(service, help, body, key), { shell, screen, farewell: 'Stopped before the service answered: barmanapi jobs tells whether it took the command in' })
    if (reply.headers['content-type'] === 'application/octet-stream') return print(screen, reply.body)
    const answer = json<Job | CommandReply>(reply)
    if (!('ticket' in answer)) return report(screen, answer, isJson)
    if (isWait) return followToEnd(answer.ticket, { service, shell, screen, isJson, mayCancel: true })
    screen.say(`Job ${answer.ticket} is ${answer.state}; follow it with: barmanapi logs ${answer.ticket} -f`)
    return print(screen, isJson ? `${JSON.stringify(answer, null, 2)}\n` : `${answer.ticket}\n`)
  })
}

/** A read may be asked for twice, a change only under a key that the service knows. */
function post (service: Service, { class: kind, command }: CommandHelp, body: object, key: string) {
  const isRead = kind === 'read'
  return service.post(`barman/${command}`, body, {
    headers: isRead ? {} : { 'idempotency-key': key, prefer: 'respond-async' },
    mayRepeat: () => isRead || knowsKeys(service, command),
    ifLost: 'Whether the command runs is not known, and this service takes no Idempotency-Key, so it was not sent again: look at barmanapi jobs'
  })
}

async function report (screen: Screen, reply: CommandReply, isJson: boolean): Promise<number> {
  const document = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  if (isJson) await print(screen, document(reply))
  else if (reply.output.length > 0) await print(screen, reply.output.map((line) => `${line}\n`).join(''))
  else if (reply.result !== null) await print(screen, document(reply.result))
  if (!isJson) for (const line of [...reply.errors, ...reply.warnings]) screen.say(line)
  return reply.ok ? EXIT.done : EXIT.failed
}

async function print (screen: Screen, text: string | Uint8Array): Promise<number> {
  await screen.write('stdout', text)
  return EXIT.done
}
