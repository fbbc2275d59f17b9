import { createServer } from 'node:net'

/** A TCP port on loopback that nobody uses at this moment. */
export async function freePort () {
  const server = await listen(0)
  const { port } = server.address()
  await close(server)
  return port
}

/** Whether a TCP port on loopback can be had. */
export async function isFree (port) {
  try {
    await close(await listen(port))
    return true
  } catch (error) {
    if (error.code === 'EADDRINUSE') return false
    throw error
  }
}

/** A listener that accepts connections and never says a word, as a frozen PostgreSQL does. It keeps no process alive. */
export async function silentPort () {
  const sockets = new Set()
  const server = await listen(0, (socket) => {
    sockets.add(socket.unref())
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket)).resume()
  })
  const stop = () => {
    for (const socket of sockets) socket.destroy()
    return close(server)
  }
  return { port: server.unref().address().port, stop }
}

function listen (port, onConnection) {
  return new Promise((resolve, reject) => {
    const server = createServer(onConnection)
    server.once('error', reject).listen(port, '127.0.0.1', () => resolve(server))
  })
}

const close = (server) => new Promise((resolve) => server.close(resolve))
