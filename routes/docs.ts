import type { FastifyInstance } from 'fastify'
import swaggerUi from '@fastify/swagger-ui'

/** The OpenAPI document, and Swagger UI over it from local files only. */
export default async function docsRoutes (fastify: FastifyInstance): Promise<void> {
  const access = fastify.settings.application.public_docs ? 'public' : { path: 'docs', scopes: ['read' as const] }

  fastify.addHook('onRoute', (route) => { route.config = { ...route.config, access, login: 'either' } })

  fastify.get('/openapi.json', { schema: { hide: true } }, () => fastify.openapi())
  fastify.get('/openapi-3.0.json', { schema: { hide: true } }, () => fastify.openapi('v30'))

  await fastify.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: { title: 'barmanapi', css: [{ filename: 'barmanapi.css', content: fastify.openapiStyle }] },
    transformSpecification: () => fastify.openapi('page') as never, // whatever serves JSON; the plugin types it as OpenAPI 3.0
    transformSpecificationClone: false,
    uiConfig: {
      layout: 'BaseLayout',
      docExpansion: 'list',
      defaultModelsExpandDepth: 0,
      displayOperationId: true,
      displayRequestDuration: true,
      persistAuthorization: false,
      tryItOutEnabled: true
    }
  })
}

/** Everything from here, nothing from elsewhere. `upgrade-insecure-requests` would break the page wherever the service speaks plain HTTP. */
const CONTENT_SECURITY_POLICY = {
  'default-src': "'none'",
  'base-uri': "'none'",
  'connect-src': "'self'",
  'font-src': "'self' data:",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
  'img-src': "'self' data:",
  'script-src': "'self'",
  'style-src': "'self'"
}
