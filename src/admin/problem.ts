/** What the admin API answers when it does not do what was asked (RFC 9457). */

/** A mistake in a body, in JSON Pointer's words. */
export interface ProblemDetail {
  readonly pointer: string;
  readonly message: string;
  readonly cure: string;
}

/** Thrown by whoever finds it, answered by the server. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** For programs: `no-such-pool`. */
  readonly code: string;
  readonly errors: readonly ProblemDetail[];

  constructor(status: number, code: string, detail: string, errors: readonly ProblemDetail[] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** As it goes out, as `application/problem+json`. */
export function describeProblem({ status, code, message, errors }: Problem): Readonly<Record<string, unknown>> {
  const title = TITLES[status] ?? 'Error';
  return { type: 'about:blank', title, status, code, detail: message, ...(errors.length > 0 && { errors }) };
}
