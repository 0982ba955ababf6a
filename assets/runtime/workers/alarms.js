// Alarms: one for each object, read and set through `ctx.storage`, rung by the host.

import { host } from "../native.js";
import { current } from "./context.js";
import { argumentError, checkOptions, describe, reportUncaught } from "./errors.js";
import { setInternalTimeout } from "./timeouts.js";

/** The last moment that the reference's clock of nanoseconds knows. */
const LAST_MS = 9223372036854;
const NO_HANDLER = "Your Durable Object class must have an alarm() handler in order to call setAlarm()";

/** What `alarm()` is given. */
class AlarmInvocationInfo {
  constructor() {
    throw new TypeError("Illegal constructor");
  }
}
Object.defineProperty(AlarmInvocationInfo.prototype, Symbol.toStringTag, { value: "AlarmInvocationInfo", configurable: true });

const hasHandler = () => typeof current.object?.alarm === "function";

/** Milliseconds of a number or Date. */
function timeOf(value, owner) {
  const ms = value instanceof Date ? Date.prototype.getTime.call(value) : value;
  if (typeof ms !== "number") throw argumentError("setAlarm", owner, 1, "date");
  if (!Number.isFinite(ms)) throw new TypeError("The value cannot be converted because it is not a valid Date.");
  if (Math.abs(ms) > LAST_MS) throw new TypeError("This API doesn't support dates after 2189.");
  if (ms <= 0) throw new TypeError("setAlarm() cannot be called with an alarm time <= 0");
  return Math.floor(ms);
}

export function getAlarm(owner, options) {
  checkOptions(options, "getAlarm", owner, 1, "GetAlarmOptions");
  return host("alarm.get");
}

export function setAlarm(owner, time, options) {
  const at = timeOf(time, owner);
  checkOptions(options, "setAlarm", owner, 2, "SetAlarmOptions");
  // in the constructor there is no object yet to look at
  if (current.object !== undefined && !hasHandler()) throw new TypeError(NO_HANDLER);
  host("alarm.set", at);
}

export function deleteAlarm(owner, options) {
  checkOptions(options, "deleteAlarm", owner, 1, "SetAlarmOptions");
  host("alarm.delete");
}

/** The host says that the alarm is due. It may have been moved or deleted meanwhile. */
export async function onAlarm() {
  const begun = host("alarm.begin");
  if (begun === null) return;
  if (!hasHandler()) {
    host("log", "warn", "Attempted to run a scheduled alarm without a handler, did you remember to export an alarm() function?");
    return host("alarm.done");
  }
  const inTime = setInternalTimeout(() => host("alarm.late"), current.spec.limits.alarmMs);
  try {
    await current.object.alarm(infoOf(...begun));
  } catch (error) {
    reportUncaught("Uncaught (in alarm) ", error);
    host("trace.exception", ...describe(error));
    return host("alarm.failed");
  } finally {
    inTime();
  }
  host("alarm.done");
}

function infoOf(scheduledTime, retryCount) {
  const info = Object.create(AlarmInvocationInfo.prototype);
  for (const [name, value] of Object.entries({ scheduledTime, retryCount, isRetry: retryCount > 0 })) {
    Object.defineProperty(info, name, { value, enumerable: true, configurable: true });
  }
  return info;
}
