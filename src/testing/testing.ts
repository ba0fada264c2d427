/**
 * Fairlead for tests: a whole balancer without sockets, whose time the test owns. Never for production.
 *
 * ```ts
 * import { createTestBalancer } from 'fairlead/testing';
 * ```
 */
export { TestBalancer, createTestBalancer } from './test-balancer.ts';
export type { PendingRequest, TestBalancerOptions, TestEvent, TestEventName } from './test-balancer.ts';
export type { TestAnswer, TestOutcome, TestRequest } from './test-client.ts';
export { runMiddleware } from './run-middleware.ts';
export type {
  MiddlewareTestAnswer,
  MiddlewareTestOutcome,
  MiddlewareTestRequest,
  MiddlewareTestResponse,
} from './run-middleware.ts';
export { TestEndpoint } from './test-endpoint.ts';
export type { ConnectBehaviour, EndpointAnswer, EndpointRequest } from './test-endpoint.ts';
export type { Message } from './message-reader.ts';
