// The module "node:events".

import { EventEmitterAsyncResource } from "./events/async-resource.js";
import { EventEmitter, captureRejectionSymbol, defineSettings, errorMonitor, getEventListeners, getMaxListeners, listenerCount, setMaxListeners } from "./events/emitter.js";
import { addAbortListener, on, once } from "./events/waiting.js";

export const usingDomains = false;
export const captureRejections = false;
export const defaultMaxListeners = 10;

Object.assign(EventEmitter, {
  on, once, getEventListeners, getMaxListeners, setMaxListeners, listenerCount, EventEmitter, usingDomains, captureRejectionSymbol,
  errorMonitor, EventEmitterAsyncResource,
});
defineSettings();
EventEmitter.addAbortListener = addAbortListener;

export {
  EventEmitter, EventEmitterAsyncResource, addAbortListener, captureRejectionSymbol, errorMonitor, getEventListeners,
  getMaxListeners, listenerCount, on, once, setMaxListeners,
};
export default EventEmitter;
