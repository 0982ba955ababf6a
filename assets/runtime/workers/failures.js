// Answers that are failures.

import { host } from "../native.js";
import { OWN } from "./entrypoints.js";
import { describe, marksOf, payloadOf } from "./errors.js";

/** Answers request or call `id` with what was thrown. */
export function replyError(id, error) {
  const own = typeof error === "object" && error !== null && OWN in error;
  host("reply.error", id, ...describe(error), own ? ["own"] : marksOf(error), own ? null : payloadOf(error));
}
