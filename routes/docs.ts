import type { FastifyInstance } from 'fastify'
import swaggerUi from '@fastify/swagger-ui'

/** The OpenAPI document, and Swagger UI over it from local files only. */
export default async function docsRoutes (fastify: FastifyInstance): Promise<void> {
  const access = fastify.settings.application.public_docs ? 'public' : { path: 'docs', scopes: ['read' as const] }

  fastify.addHook('onRoute', (route) => { route.config = { ...route.config, access, login: 'either' } })

  fastify.get('/openapi.json', { schema: { hide: true } }, () => fastify.openapi())

  await fastify.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    transformSpecification: () => fastify.openapi() as never, // whatever serves JSON; the plugin types it as OpenAPI 3.0
    transformSpecificationClone: false,
    uiConfig: { layout: 'BaseLayout', docExpansion: 'none', persistAuthorization: false, displayRequestDuration: true, tryItOutEnabled: true }
  })
}
