// EventEmitterAsyncResource: an emitter that is a resource of asynchronous contexts, too.

import { ERR_INVALID_THIS } from "../errors.js";
import { EventEmitter } from "./emitter.js";

/** Runs what it is given; the context of asynchronous work is the same everywhere in one emitter. */
class EventEmitterReferencingAsyncResource {
  #emitter;
  constructor(emitter) {
    this.#emitter = emitter;
  }
  get eventEmitter() {
    return this.#emitter;
  }
  runInAsyncScope(run, self, ...args) {
    return Reflect.apply(run, self, args);
  }
}

export class EventEmitterAsyncResource extends EventEmitter {
  #resource;
  constructor(options = undefined) {
    super(options);
    this.#resource = new EventEmitterReferencingAsyncResource(this);
  }
  get asyncResource() {
    if (!(#resource in this)) throw new ERR_INVALID_THIS("EventEmitterAsyncResource");
    return this.#resource;
  }
  emit(event, ...args) {
    if (!(#resource in this)) throw new ERR_INVALID_THIS("EventEmitterAsyncResource");
    return this.#resource.runInAsyncScope(super.emit, this, event, ...args);
  }
}
