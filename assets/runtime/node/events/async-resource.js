// EventEmitterAsyncResource: an emitter that is a resource of asynchronous contexts, too.

import { AsyncResource } from "../async_hooks.js";
import { ERR_INVALID_THIS } from "../errors.js";
import { EventEmitter } from "./emitter.js";

class EventEmitterReferencingAsyncResource extends AsyncResource {
  #emitter;
  constructor(emitter) {
    super("EventEmitterReferencingAsyncResource");
    this.#emitter = emitter;
  }
  get eventEmitter() {
    return this.#emitter;
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
