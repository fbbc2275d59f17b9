import { Fault } from './fault.mjs'

const TIMEOUT_MS = 90_000

/**
 * Sends requests and shows each as the curl line that does the same; `$TOKEN` stands in those lines for the token.
 * @param {string} url
 * @param {{ show: (line: string) => void }} options
 */
export function client (url, { show }) {
  let token = ''
  return {
    /** Exchanges name and password for the token of all further requests. */
    login: async (name, password) => {
      show(`TOKEN=$(curl -s -u ${name}:${password} ${url}/auth/token | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`)
      const { body } = await send(`${url}/auth/token`, { headers: { authorization: `Basic ${btoa(`${name}:${password}`)}` } })
      token = body.token
      return body
    },
    get: (path, { silent = false } = {}) => {
      if (!silent) show(`curl -s -H "Authorization: Bearer $TOKEN" '${url}${path}'`)
      return send(url + path, { headers: bearer(token) })
    },
    post: (path, json) => {
      const body = JSON.stringify(json)
      show(`curl -i -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '${body}' ${url}${path}`)
      return send(url + path, { method: 'POST', headers: { ...bearer(token), 'content-type': 'application/json' }, body })
    }
  }
}

const bearer = (token) => ({ authorization: `Bearer ${token}` })

/** The status, headers and JSON of a reply; a problem is a Fault with its detail. */
async function send (url, options) {
  const reply = await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) })
  const body = await reply.json()
  if (!reply.ok) throw new Fault(`${options.method ?? 'GET'} ${url} answered ${reply.status}: ${body.detail ?? JSON.stringify(body)}`)
  return { status: reply.status, headers: reply.headers, body }
}
